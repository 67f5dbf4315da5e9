import type { Schema } from '../../../../src/sandbox/apiserver/schema/schema.ts'

const integer = { type: 'integer' } as const
const string = { type: 'string' } as const

/** A custom kind with every sort of list and map. */
export const thingDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.apply.example.com' },
  spec: {
    group: 'apply.example.com',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  items: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['id', 'zone'],
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: { id: integer, zone: { type: 'string', default: 'main' }, value: string, more: integer },
                    },
                  },
                  tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: string },
                  steps: { type: 'array', items: { type: 'object', properties: { a: integer } } },
                  whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: integer },
                  parts: { type: 'object', additionalProperties: { type: 'object', additionalProperties: integer } },
                  any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  port: { 'x-kubernetes-int-or-string': true },
                },
              },
              status: { type: 'object', properties: { seen: integer } },
            },
          },
        },
      },
    ],
  },
}

/** As the kind's schema is known to the server. */
export const thingSchema = (metadata: Schema): Schema => ({
  type: 'object',
  properties: {
    apiVersion: string,
    kind: string,
    metadata,
    spec: {
      type: 'object',
      properties: {
        items: {
          type: 'array',
          listType: 'map',
          listMapKeys: ['id', 'zone'],
          items: {
            type: 'object',
            required: ['id'],
            properties: { id: integer, zone: { type: 'string', default: 'main' }, value: string, more: integer },
          },
        },
        tags: { type: 'array', listType: 'set', items: string },
        steps: { type: 'array', items: { type: 'object', properties: { a: integer } } },
        whole: { type: 'object', mapType: 'atomic', additionalProperties: integer },
        parts: { type: 'object', additionalProperties: { type: 'object', additionalProperties: integer } },
        any: { type: 'object', preserveUnknownFields: true },
        port: { intOrString: true },
      },
    },
    status: { type: 'object', properties: { seen: integer } },
  },
})
