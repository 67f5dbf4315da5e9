import type { Kind } from '../../../../src/sandbox/apiserver/kinds/kind.ts'
import type { Schema } from '../../../../src/sandbox/apiserver/schema/schema.ts'

export const widgetGroup = 'openapi.example.com'

/** A kind with all that a structural schema may say, as its definition has it. */
export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${widgetGroup}` },
  spec: {
    group: widgetGroup,
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A widget.',
            required: ['spec'],
            properties: {
              spec: {
                type: 'object',
                description: 'What is wanted.',
                properties: {
                  replicas: { type: 'integer', format: 'int32', default: 1, minimum: 0, maximum: 10 },
                  size: { type: 'string', enum: ['s', 'm'], default: 's', description: 'How big it is.' },
                  port: { 'x-kubernetes-int-or-string': true },
                  any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  labels: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
                  remark: { type: 'string', nullable: true },
                  parts: {
                    type: 'array',
                    maxItems: 5,
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['name'],
                    items: {
                      type: 'object',
                      required: ['name'],
                      properties: { name: { type: 'string', maxLength: 5, pattern: '^[a-z]+$' }, on: { type: 'boolean', default: true } },
                    },
                  },
                  inner: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
                },
                'x-kubernetes-validations': [{ rule: 'self.replicas < 9', message: 'too many' }],
              },
              status: { type: 'object', properties: { replicas: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
}

const schema: Schema = {
  type: 'object',
  description: 'A widget.',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      description: 'What is wanted.',
      properties: {
        replicas: { type: 'integer', format: 'int32', default: 1, rules: { minimum: 0, maximum: 10 } },
        size: { type: 'string', enum: ['s', 'm'], default: 's', description: 'How big it is.' },
        port: { intOrString: true },
        any: { type: 'object', preserveUnknownFields: true },
        labels: { type: 'object', additionalProperties: { type: 'string' }, mapType: 'atomic' },
        remark: { type: 'string', nullable: true },
        parts: {
          type: 'array',
          rules: { maxItems: 5 },
          listType: 'map',
          listMapKeys: ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string', rules: { maxLength: 5, pattern: '^[a-z]+$' } }, on: { type: 'boolean', default: true } },
          },
        },
        inner: { type: 'object', embeddedResource: true, preserveUnknownFields: true },
      },
      rules: { validations: [{ rule: 'self.replicas < 9', message: 'too many' }] },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' } } },
  },
}

export const widget: Kind = {
  group: widgetGroup,
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  singular: 'widget',
  shortNames: [],
  categories: [],
  namespaced: true,
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  schema,
  subresources: { status: true, scale: { specReplicas: '.spec.replicas', statusReplicas: '.status.replicas' } },
  strategy: {},
  columns: [],
  storedAs: `widgets.${widgetGroup}`,
  selectableFields: {},
  prunes: true,
}
