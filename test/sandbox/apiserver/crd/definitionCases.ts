import type { Json, JsonObject } from '../../../../src/sandbox/unstructured.ts'

export type DefinitionCase = { readonly name: string; readonly spec: JsonObject; readonly objectName?: string }

const version = (more: JsonObject, schema: Json = { type: 'object' }): JsonObject => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
})
const spec = (more: JsonObject, versions: readonly JsonObject[] = [version({})]): JsonObject => ({
  group: 'crd.example.com',
  scope: 'Namespaced',
  names: { plural: 'things', kind: 'Thing' },
  versions,
  ...more,
})
const field = (schema: JsonObject): JsonObject => spec({}, [version({}, { type: 'object', properties: { f: schema } })])
const rule = (more: JsonObject): JsonObject => field({ type: 'object', properties: { a: { type: 'integer' } }, 'x-kubernetes-validations': [more] })

export const definitionCases: readonly DefinitionCase[] = [
  { name: 'the least', spec: spec({}) },
  {
    name: 'everything',
    spec: spec({ names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'Things', shortNames: ['th'], categories: ['all'] } }, [
      version({
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
        },
        additionalPrinterColumns: [{ name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' }],
      }),
      { name: 'v1beta1', served: false, storage: false, deprecated: true, schema: { openAPIV3Schema: { type: 'object' } } },
    ]),
  },
  { name: 'another name', spec: spec({}), objectName: 'others.crd.example.com' },
  { name: 'no group', spec: spec({ group: '' }) },
  { name: 'a group without a dot', spec: spec({ group: 'crd' }), objectName: 'things.crd' },
  { name: 'no scope', spec: spec({ scope: '' }) },
  { name: 'another scope', spec: spec({ scope: 'Planet' }) },
  { name: 'no names', spec: spec({ names: {} }) },
  { name: 'names that are none', spec: spec({ names: { plural: 'things', kind: 'a thing', shortNames: ['T'], categories: ['A'] } }) },
  { name: 'a list of the kind itself', spec: spec({ names: { plural: 'things', kind: 'Thing', listKind: 'Thing' } }) },
  { name: 'no versions', spec: spec({}, []) },
  { name: 'no storage version', spec: spec({}, [version({ storage: false })]) },
  { name: 'two storage versions', spec: spec({}, [version({}), version({ name: 'v2' })]) },
  { name: 'one version twice', spec: spec({}, [version({}), version({ storage: false })]) },
  { name: 'a version that is no name', spec: spec({}, [version({ name: 'V_1' })]) },
  { name: 'no schema', spec: spec({}, [{ name: 'v1', served: true, storage: true }]) },
  { name: 'no object at the root', spec: spec({}, [version({}, { type: 'string' })]) },
  { name: 'no type at the root', spec: spec({}, [version({}, { properties: {} })]) },
  { name: 'a type nobody knows', spec: field({ type: 'text' }) },
  { name: 'a field without a type', spec: field({ description: 'x' }) },
  { name: 'a list without items', spec: field({ type: 'array' }) },
  { name: 'items without a type', spec: field({ type: 'array', items: {} }) },
  {
    name: 'properties and additionalProperties',
    spec: field({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }),
  },
  { name: 'additionalProperties at the root', spec: spec({}, [version({}, { type: 'object', additionalProperties: { type: 'string' } })]) },
  { name: 'a type in a junctor', spec: field({ type: 'string', anyOf: [{ type: 'string' }, { description: 'x' }] }) },
  {
    name: 'a field in a junctor alone',
    spec: field({ type: 'object', properties: { a: { type: 'string' } }, oneOf: [{ required: ['a'] }, { properties: { b: { minLength: 1 } } }] }),
  },
  {
    name: 'metadata that is described',
    spec: spec({}, [version({}, { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } })]),
  },
  {
    name: 'metadata that is named',
    spec: spec({}, [
      version({}, { type: 'object', properties: { metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } } } }),
    ]),
  },
  { name: 'uniqueItems', spec: field({ type: 'array', items: { type: 'string' }, uniqueItems: true }) },
  { name: 'a pattern that is none', spec: field({ type: 'string', pattern: '(' }) },
  { name: 'a reference', spec: field({ $ref: '#/definitions/x' }) },
  { name: 'nullable at the root', spec: spec({}, [version({}, { type: 'object', nullable: true })]) },
  { name: 'a default', spec: field({ type: 'integer', default: 3 }) },
  { name: 'a default of another type', spec: field({ type: 'integer', default: 'x' }) },
  { name: 'a default of unknown fields', spec: field({ type: 'object', properties: { a: { type: 'string' } }, default: { b: 'c' } }) },
  {
    name: 'a map list without keys',
    spec: field({ type: 'array', items: { type: 'object', properties: { a: { type: 'string' } } }, 'x-kubernetes-list-type': 'map' }),
  },
  {
    name: 'a key that is no property',
    spec: field({
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['b'],
    }),
  },
  {
    name: 'a key that may be missing',
    spec: field({
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    }),
  },
  { name: 'a list type of no list', spec: field({ type: 'string', 'x-kubernetes-list-type': 'set' }) },
  { name: 'a list type nobody knows', spec: field({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' }) },
  { name: 'a set of objects', spec: field({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' }) },
  { name: 'a map type of no map', spec: field({ type: 'string', 'x-kubernetes-map-type': 'atomic' }) },
  { name: 'int-or-string', spec: field({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }) },
  { name: 'int-or-string that keeps all', spec: field({ 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true }) },
  { name: 'preserve that is false', spec: field({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }) },
  { name: 'an embedded resource of nothing', spec: field({ type: 'object', 'x-kubernetes-embedded-resource': true }) },
  { name: 'a rule', spec: rule({ rule: 'self.a > 1' }) },
  { name: 'a rule of an unknown field', spec: rule({ rule: 'self.b > 1', message: 'm' }) },
  { name: 'a rule that is none', spec: rule({ rule: 'self.a >' }) },
  { name: 'a rule that gives a number', spec: rule({ rule: 'self.a + 1' }) },
  { name: 'a rule that is empty', spec: rule({ rule: '' }) },
  { name: 'a rule over lines without a message', spec: rule({ rule: 'self.a\n > 1' }) },
  { name: 'a reason nobody knows', spec: rule({ rule: 'self.a > 1', reason: 'Because' }) },
  { name: 'a path that leads nowhere', spec: rule({ rule: 'self.a > 1', fieldPath: '.c' }) },
  { name: 'a column of a type nobody knows', spec: spec({}, [version({ additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: '.a' }] })]) },
  { name: 'a column without a path', spec: spec({}, [version({ additionalPrinterColumns: [{ name: 'A', type: 'string' }] })]) },
  {
    name: 'a column with a path that is none',
    spec: spec({}, [version({ additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: 'a.b' }] })]),
  },
  {
    name: 'a scale with paths elsewhere',
    spec: spec({}, [version({ subresources: { scale: { specReplicasPath: '.a', statusReplicasPath: '' } } })]),
  },
  { name: 'a status with a rule at the root', spec: spec({}, [version({ subresources: { status: {} } }, { type: 'object', minProperties: 1 })]) },
  { name: 'a warning without deprecation', spec: spec({}, [version({ deprecationWarning: 'x' })]) },
  {
    name: 'selectable fields',
    spec: spec({}, [
      version(
        { selectableFields: [{ jsonPath: '.spec.color' }] },
        { type: 'object', properties: { spec: { type: 'object', properties: { color: { type: 'string' } } } } },
      ),
    ]),
  },
  { name: 'a selectable field that is none', spec: spec({}, [version({ selectableFields: [{ jsonPath: '.spec.color' }] })]) },
  { name: 'a conversion by webhook', spec: spec({ conversion: { strategy: 'Webhook' } }) },
]
