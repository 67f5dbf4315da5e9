import type { Kind } from '../../../../src/sandbox/apiserver/kinds/kind.ts'

export const customGroup = 'discovery.example.com'

const anything = { schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }
const both = { subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } }

/** What makes the kinds below on a real server. */
export const definitions = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${customGroup}` },
    spec: {
      group: customGroup,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wg'], categories: ['all', 'things'] },
      versions: [{ name: 'v1', served: true, storage: true, ...anything, ...both }],
    },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gadgets.${customGroup}` },
    spec: {
      group: customGroup,
      scope: 'Cluster',
      names: { plural: 'gadgets', kind: 'Gadget' },
      versions: [
        { name: 'v1beta1', served: true, storage: true, ...anything },
        { name: 'v2', served: true, storage: false, ...anything, subresources: { status: {} } },
      ],
    },
  },
]

const conversion: NonNullable<Kind['conversion']> = { toStored: (object) => object, fromStored: (object) => object }

function custom(facts: Pick<Kind, 'version' | 'kind' | 'plural'> & Partial<Kind>): Kind {
  return {
    group: customGroup,
    singular: facts.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    schema: { type: 'object' },
    subresources: {},
    strategy: {},
    columns: [],
    storedAs: `${facts.plural}.${customGroup}`,
    selectableFields: {},
    prunes: true,
    ...facts,
  }
}

export const customKinds: readonly Kind[] = [
  custom({
    version: 'v1',
    kind: 'Widget',
    plural: 'widgets',
    shortNames: ['wg'],
    categories: ['all', 'things'],
    subresources: { status: true, scale: { specReplicas: '.spec.replicas', statusReplicas: '.status.replicas' } },
  }),
  custom({ version: 'v1beta1', kind: 'Gadget', plural: 'gadgets', namespaced: false, conversion }),
  custom({ version: 'v2', kind: 'Gadget', plural: 'gadgets', namespaced: false, subresources: { status: true }, conversion }),
]
