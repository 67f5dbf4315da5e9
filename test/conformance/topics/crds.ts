import { apply, edit, events, get, patch, post, put, remove, rule, topic, watch } from '../script.ts'

type Fields = Readonly<Record<string, unknown>>

const group = 'shop-{run}.example.com'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const widgets = `/apis/${group}/v1/namespaces/{ns}/widgets`
const at = (name: string): string => `${widgets}/${name}`
const established = { until: { 'status.conditions.1.status': 'True' } }
const table = { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1,application/json' } }

function definition(plural: string, schema: unknown, version: Fields = {}, spec: Fields = {}): Fields {
  const kind = plural[0]!.toUpperCase() + plural.slice(1, -1)
  const served = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }
  const names = { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names, versions: [served], ...spec },
  }
}

const object = (properties: Fields, rest: Fields = {}): Fields => ({ type: 'object', properties, ...rest })
const text = { type: 'string' }

const widgetSchema = object({
  spec: object(
    {
      size: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
      colour: { ...text, enum: ['red', 'green', 'blue'] },
      name: { ...text, minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
      weight: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
      day: { ...text, format: 'date-time' },
      port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, text] },
      tags: { type: 'array', items: text, maxItems: 2, 'x-kubernetes-list-type': 'set' },
      parts: {
        type: 'array',
        items: object({ id: text, count: { type: 'integer', default: 1 } }, { required: ['id'] }),
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['id'],
      },
      labels: { type: 'object', additionalProperties: text },
      free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      maybe: { ...text, nullable: true },
      nested: object({ on: { type: 'boolean', default: true } }, { default: {} }),
      template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      low: { type: 'integer' },
      high: { type: 'integer' },
      fixed: { ...text, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is fixed' }] },
    },
    {
      'x-kubernetes-validations': [
        {
          rule: '!has(self.low) || !has(self.high) || self.low <= self.high',
          message: 'low must not exceed high',
          fieldPath: '.low',
          reason: 'FieldValueForbidden',
        },
        { rule: 'self.size < 9 || self.colour == "red"', message: 'only red is so big' },
      ],
    },
  ),
  status: object({ replicas: { type: 'integer' }, selector: text, phase: text }),
})

const widget = (name: string, spec: Fields = {}, rest: Fields = {}): Fields => ({
  apiVersion: `${group}/v1`,
  kind: 'Widget',
  metadata: { name },
  spec,
  ...rest,
})
let count = 0
const made = (spec: Fields, only?: readonly string[]): ReturnType<typeof post> =>
  post(widgets, widget(`w-${count++}`, spec), only === undefined ? {} : { only })
const refused = (plural: string, schema: unknown, version: Fields = {}, spec: Fields = {}): ReturnType<typeof post> =>
  post(definitions, definition(plural, schema, version, spec), { only: ['message', 'reason', 'details.causes', 'kind'] })

export const crds = topic('crds', [
  rule(
    'a definition is established',
    post(
      definitions,
      definition(
        'widgets',
        widgetSchema,
        {
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
          },
          additionalPrinterColumns: [
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Colour', type: 'string', jsonPath: '.spec.colour', description: 'what it looks like' },
            { name: 'Parts', type: 'string', jsonPath: '.spec.parts[*].id', priority: 1 },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          selectableFields: [{ jsonPath: '.spec.colour' }],
        },
        { names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'], categories: ['all'] } },
      ),
    ),
    get(`${definitions}/widgets.${group}`, established),
    get(widgets, { until: { ':status': 200 } }),
  ),
  rule(
    'it is discovered',
    get(`/apis/${group}`, { until: { ':status': 200 } }),
    get(`/apis/${group}/v1`, {
      only: [
        'groupVersion',
        ...['name', 'singularName', 'namespaced', 'kind', 'verbs', 'shortNames', 'categories'].map((field) => `resources.0.${field}`),
        'resources.1',
        'resources.2',
      ],
    }),
    get(`/openapi/v3/apis/${group}/v1`, {
      until: { ':status': 200 },
      only: [`components.schemas.[com.example.shop-{run}.v1.Widget].x-kubernetes-group-version-kind`],
    }),
  ),
  rule(
    'defaults are filled in',
    post(widgets, widget('a', { colour: 'red', parts: [{ id: 'x' }] })),
    post(widgets, { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'bare' } }),
    get(at('a')),
  ),
  rule(
    'unknown fields are dropped, or kept where that is said',
    post(widgets, widget('pruned', { nothing: 1, free: { any: { thing: [1] } }, nested: { off: 1 }, parts: [{ id: 'x', y: 1 }] }, { extra: 1 })),
    post(`${widgets}?fieldValidation=Strict`, widget('strict', { nothing: 1, nested: { off: 1 } })),
    post(`${widgets}?fieldValidation=Warn`, widget('warned', { nothing: 1 }), { only: ['spec'] }),
    post(`${widgets}?fieldValidation=Ignore`, widget('ignored', { nothing: 1 }), { only: ['spec'] }),
    post(
      `${widgets}?fieldValidation=Strict`,
      '{"apiVersion":"shop-{run}.example.com/v1","kind":"Widget","metadata":{"name":"twice","name":"twice"},"spec":{"size":1,"size":2}}',
    ),
  ),
  rule(
    'values are checked by the schema',
    made({ size: 0 }),
    made({ size: 11 }),
    made({ size: 'x' }),
    made({ size: 1.5 }),
    made({ colour: 'pink' }),
    made({ name: 'x' }),
    made({ name: 'toolong' }),
    made({ name: 'A1' }),
    made({ weight: 0 }),
    made({ weight: 0.7 }),
    made({ day: 'monday' }),
    made({ port: true }),
    made({ port: 'http' }),
    made({ tags: ['a', 'b', 'c'] }),
    made({ tags: ['a', 'a'] }),
    made({ parts: [{}] }),
    made({ parts: [{ id: 'a' }, { id: 'a' }] }),
    made({ labels: { a: 1 } }),
    made({ maybe: null, colour: null }),
    made({ nested: 'x' }),
    made({ template: {} }),
    made({ template: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'Bad Name' } } }),
    made({ size: 0, colour: 'pink', name: 'x' }, ['reason', 'code', 'details.causes.3']),
  ),
  rule(
    'rules are checked',
    made({ low: 2, high: 1 }),
    made({ low: 1, high: 2 }),
    made({ size: 9, colour: 'blue' }),
    made({ size: 9 }),
    post(widgets, widget('ruled', { fixed: 'a' }), { save: { ruled: '' }, only: ['spec'] }),
    put(at('ruled'), edit('ruled', { 'spec.fixed': 'b' })),
    put(at('ruled'), edit('ruled', { 'spec.fixed': undefined }), { only: ['spec'] }),
  ),
  rule(
    'status and generation',
    patch('merge', `${at('a')}/status`, { spec: { size: 5 }, status: { phase: 'Up', replicas: 3, selector: 'a=b', unknown: 1 } }),
    patch('merge', at('a'), { spec: { size: 4 }, status: { phase: 'Down' } }),
    patch('merge', at('a'), { metadata: { labels: { x: 'y' } } }),
    patch('merge', `${at('a')}/status`, { status: { replicas: 'x' } }),
  ),
  rule(
    'scale',
    get(`${at('a')}/scale`),
    patch('merge', `${at('a')}/scale`, { spec: { replicas: 2 } }),
    patch('merge', `${at('a')}/scale`, { spec: { replicas: 99 } }),
    get(at('a'), { only: ['spec.size', 'metadata.generation'] }),
  ),
  rule(
    'patches',
    patch('json', at('a'), [{ op: 'add', path: '/spec/tags', value: ['z'] }], { only: ['spec'] }),
    patch('strategic', at('a'), { spec: { size: 1 } }),
    apply(at('applied'), 'me', widget('applied', { tags: ['a'], parts: [{ id: 'x' }], labels: { a: '1' } })),
    apply(at('applied'), 'you', widget('applied', { tags: ['b'], parts: [{ id: 'y', count: 2 }], labels: { b: '1' } })),
    apply(at('applied'), 'you', widget('applied', { parts: [{ id: 'x', count: 5 }] })),
    apply(at('applied'), 'me', widget('applied', { size: 'x' })),
    apply(at('applied'), 'me', widget('applied', { nothing: 1 })),
  ),
  rule('rows have the columns that were asked for', get(`${widgets}?labelSelector=x=y`, table), get(at('a'), table)),
  rule(
    'lists and selectors',
    get(`${widgets}?fieldSelector=spec.colour=red`, { only: ['kind', 'apiVersion', 'items.0.metadata.name', 'items.1'] }),
    get(`${widgets}?fieldSelector=spec.size=3`),
    get(`${widgets}?limit=1`, { only: ['kind', 'metadata', 'items.0.metadata.name'] }),
    get(`/apis/${group}/v1/widgets?labelSelector=x=y`, { only: ['items.0.metadata.name'] }),
    get(`/apis/${group}/v1/namespaces/{ns}/gadgets`),
    get(`/apis/${group}/v2/namespaces/{ns}/widgets`),
  ),
  rule(
    'objects of another kind or version',
    post(widgets, { ...widget('x'), kind: 'Gadget' }),
    post(widgets, { ...widget('x'), apiVersion: `${group}/v2` }),
    post(widgets, { ...widget('x'), apiVersion: 'v1' }),
    post(widgets, widget('Bad Name')),
    post(widgets, { metadata: { name: 'untyped' } }),
    post(widgets, widget('a'), { only: ['message', 'reason', 'details'] }),
    put(at('none'), widget('none'), { only: ['message', 'reason'] }),
    post(widgets, '['),
    post(widgets, 'null'),
    post(widgets, { ...widget('x'), spec: 'text' }),
  ),
  rule(
    'watches',
    watch('w', `${widgets}?watch=1&fieldSelector=metadata.name=a`),
    events('w', 1),
    patch('merge', at('a'), { spec: { colour: 'blue' } }, { only: [] }),
    events('w', 1),
    remove(at('a')),
    events('w', 1),
  ),
  rule(
    'a schema must be structural',
    refused('a1s', undefined),
    refused('a2s', { type: 'string' }),
    refused('a3s', object({ spec: {} })),
    refused('a4s', object({ spec: { type: 'array' } })),
    refused('a5s', object({ spec: { type: 'nothing' } })),
    refused('a6s', object({ spec: { type: 'integer', default: 'x' } })),
    refused('a7s', object({ metadata: object({ labels: text }) })),
    refused('a8s', object({ spec: { $ref: '#/x' } })),
    refused('a9s', object({ spec: object({ a: text }, { additionalProperties: text }) })),
    refused('b1s', object({ spec: { type: 'array', items: text, 'x-kubernetes-list-type': 'map' } })),
    refused('b2s', object({ spec: { ...text, pattern: '(' } })),
    refused('b3s', object({ spec: { ...text, 'x-kubernetes-validations': [{ rule: 'self +' }] } })),
    refused('b4s', object({ spec: { ...text, 'x-kubernetes-validations': [{ rule: 'self.size() ' }] } })),
    refused('b5s', object({ spec: { type: 'object', uniqueItems: true } })),
  ),
  rule(
    'a definition must be consistent',
    refused('c1s', object({}), {}, { names: { plural: 'others', kind: 'Other' } }),
    refused('c2s', object({}), {}, { scope: 'Elsewhere' }),
    refused('c3s', object({}), { storage: false }),
    refused('c4s', object({}), {}, { versions: [] }),
    refused('c5s', object({}), { name: 'V 1' }),
    refused('c6s', object({}), {}, { group: 'other.example.com' }),
    refused('c7s', object({}), { additionalPrinterColumns: [{ name: 'A', type: 'x', jsonPath: '.a' }] }),
    refused('c8s', object({}), { subresources: { scale: { specReplicasPath: 'x' } } }),
    refused('c9s', object({}), { selectableFields: [{ jsonPath: '.spec.x' }] }),
  ),
  rule(
    'two definitions cannot share names',
    post(definitions, definition('gizmos', object({}), {}, { names: { plural: 'gizmos', kind: 'Widget' } }), { only: ['kind'] }),
    get(`${definitions}/gizmos.${group}`, { until: { 'status.conditions.0.status': 'False' }, only: ['status.conditions', 'status.acceptedNames'] }),
  ),
  rule(
    'several versions, converted by their name alone',
    post(
      definitions,
      definition(
        'multis',
        object({ spec: object({ a: text }) }),
        {},
        {
          versions: [
            { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: object({ spec: object({ a: text }) }) } },
            { name: 'v1beta1', served: true, storage: false, deprecated: true, schema: { openAPIV3Schema: object({ spec: object({ b: text }) }) } },
          ],
        },
      ),
      { only: ['spec.versions', 'spec.conversion'] },
    ),
    get(`${definitions}/multis.${group}`, { ...established, only: ['status'] }),
    post(
      `/apis/${group}/v1beta1/namespaces/{ns}/multis`,
      { apiVersion: `${group}/v1beta1`, kind: 'Multi', metadata: { name: 'm' }, spec: { a: '1', b: '2' } },
      { only: ['apiVersion', 'spec'], until: { ':status': 201 } },
    ),
    get(`/apis/${group}/v1/namespaces/{ns}/multis/m`, { only: ['apiVersion', 'spec'] }),
  ),
  rule(
    'cluster-wide objects',
    post(
      definitions,
      definition('globals', object({ spec: object({}, { 'x-kubernetes-preserve-unknown-fields': true }) }), {}, { scope: 'Cluster' }),
      { only: ['spec.scope', 'spec.preserveUnknownFields'] },
    ),
    get(`/apis/${group}/v1/globals`, { until: { ':status': 200 } }),
    post(`/apis/${group}/v1/globals`, { apiVersion: `${group}/v1`, kind: 'Global', metadata: { name: 'g' }, spec: { x: 1 } }),
    get(`/apis/${group}/v1/namespaces/{ns}/globals`),
    patch('merge', `/apis/${group}/v1/globals/g`, { spec: { x: 2 } }, { only: ['spec', 'metadata.generation'] }),
  ),
  rule(
    'a definition changes',
    patch(
      'json',
      `${definitions}/widgets.${group}`,
      [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/default', value: 7 }],
      { only: ['metadata.generation'] },
    ),
    patch('merge', `${definitions}/widgets.${group}`, { spec: { scope: 'Cluster' } }, { only: ['message'] }),
    post(`${widgets}`, widget('later'), { only: ['spec.size'] }),
  ),
  rule(
    'a definition goes with all its objects',
    remove(`${definitions}/globals.${group}`, undefined, {
      only: ['metadata.name', 'metadata.finalizers', 'status.conditions.2.type', 'kind', 'status'],
    }),
    get(`/apis/${group}/v1/globals`, { until: { ':status': 404 } }),
    get(`${definitions}/globals.${group}`, { until: { ':status': 404 } }),
  ),
])
