import { readFileSync } from 'node:fs'
import t from 'tap'
import { ApiError } from '../../../../src/sandbox/apiserver/apiError.ts'
import { schemaOf } from '../../../../src/sandbox/apiserver/schema/builtin.ts'
import { applyDefaults } from '../../../../src/sandbox/apiserver/schema/defaults.ts'
import { decodeObject, type ExpectedKind, readBody, strictError } from '../../../../src/sandbox/apiserver/schema/requestBody.ts'
import type { Schema } from '../../../../src/sandbox/apiserver/schema/schema.ts'
import type { Json } from '../../../../src/sandbox/unstructured.ts'
import { bodyCases, targets, widgetSchema } from './bodyCases.ts'

type Answer = { readonly name: string; readonly code: number; readonly message?: string; readonly spec?: Json; readonly warnings?: readonly string[] }

/** What kube-apiserver v1.34.4 said; see recordBodies.ts. */
const answers = new Map(
  readFileSync('test/sandbox/apiserver/schema/bodies.jsonl', 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
    .map((answer) => [answer.name, answer]),
)

function expectedKind(to: keyof typeof targets): ExpectedKind {
  const { group, version, kind } = targets[to]
  return { group, version, kind, schema: to === 'widgets' ? structural(widgetSchema) : schemaOf(group, version, kind), prunes: to === 'widgets' }
}

/** A CRD's schema as a Schema, as far as the cases need it. */
function structural(node: object): Schema {
  const renamed = { 'x-kubernetes-preserve-unknown-fields': 'preserveUnknownFields', 'x-kubernetes-embedded-resource': 'embeddedResource' }
  return JSON.parse(JSON.stringify(node), (_, value) =>
    value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).map(([key, inner]) => [renamed[key as keyof typeof renamed] ?? key, inner])),
  ) as Schema
}

function attempt<T>(act: () => T): T | ApiError {
  try {
    return act()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

/** What only the parser of libyaml says so. */
const wordedOtherwise = new Set(['yaml: open list', 'yaml: tab', 'yaml: repeated number'])

t.test('bodies are read as by the real server', (t) => {
  for (const { name, to, body, yaml } of bodyCases) {
    const answer = answers.get(name)
    if (answer === undefined) throw new Error(`${name} was not recorded`)
    const expected = expectedKind(to)
    const read = attempt(() => readBody({ bytes: Buffer.from(body), contentType: yaml ? 'application/yaml' : 'application/json' }, expected))
    const refusal = read instanceof ApiError ? read : read.problems.length > 0 ? strictError(read.object, read.problems, expected) : undefined
    if (wordedOtherwise.has(name)) t.equal(refusal?.code, 400, name)
    else if (answer.code === 400) t.equal(refusal?.message, answer.message, name)
    else t.equal(refusal?.message, undefined, name)
    if (!(read instanceof ApiError)) t.same(read.problems, answer.warnings ?? [], `warnings: ${name}`)
  }
  t.end()
})

t.test('what is read is as the real server has it, beside what the kind gives', (t) => {
  for (const { name, to, body } of bodyCases) {
    const { spec } = answers.get(name) ?? {}
    if (spec === undefined || to !== 'widgets') continue
    const expected = expectedKind(to)
    const { object } = readBody({ bytes: Buffer.from(body), contentType: undefined }, expected)
    t.same(applyDefaults(object, expected.schema)['spec'] ?? null, spec, name)
  }
  t.end()
})

t.test('nulls are nothing, and empty values where nothing cannot be', (t) => {
  const spec = {
    hostname: null,
    nodeSelector: { x: null },
    tolerations: [null],
    containers: [{ name: 'a', args: [null], env: null, resources: { limits: { cpu: null } }, livenessProbe: { httpGet: { port: null } } }],
  }
  const { object, problems } = decodeObject({ apiVersion: 'v1', kind: 'Pod', spec }, expectedKind('pods'))
  t.same(problems, [])
  t.same(object['spec'], {
    nodeSelector: { x: '' },
    tolerations: [{}],
    containers: [{ name: 'a', args: [''], resources: { limits: { cpu: '0' } }, livenessProbe: { httpGet: {} } }],
  })
  const bytes = { binaryData: { a: 'aG\nk=', b: null, c: [1, 2] } }
  t.same(decodeObject(bytes, expectedKind('configMaps')).object, { binaryData: { a: 'aGk=', b: '', c: 'AQI=' } })
  t.end()
})

t.test('of a field that comes twice the last counts, and nothing of the object is lost', (t) => {
  const body =
    '{"metadata":{"name":"p","name":"q","labels":{"__proto__":"x"}},"spec":{"terminationGracePeriodSeconds":9007199254740993,"hostname":"a","hostname":null}}'
  const { object } = readBody({ bytes: Buffer.from(body), contentType: undefined }, expectedKind('pods'))
  t.equal(
    JSON.stringify(object),
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"q","labels":{"__proto__":"x"}},"spec":{"terminationGracePeriodSeconds":9007199254740992}}',
  )
  t.end()
})

t.test('media types', (t) => {
  const bytes = Buffer.from('{"metadata":{"name":"p"}}')
  for (const contentType of [undefined, '', 'application/json', 'application/json; charset=utf-8', 'Application/JSON', 'application/yaml'])
    t.same(readBody({ bytes, contentType }, expectedKind('pods')).object['metadata'], { name: 'p' }, String(contentType))
  for (const contentType of ['text/plain', 'application/vnd.kubernetes.protobuf', 'bad'])
    t.match(
      attempt(() => readBody({ bytes, contentType }, expectedKind('pods'))),
      { code: 415, reason: 'UnsupportedMediaType' },
      contentType,
    )
  t.end()
})

t.test('defaults share what they need not change', (t) => {
  const { schema } = expectedKind('widgets')
  const whole = { spec: { size: 'm', count: 2, remark: null, inner: { depth: 1 }, parts: [{ name: 'a', on: false }], any: { x: null } } }
  t.equal(applyDefaults(whole, schema), whole)
  t.same(applyDefaults({ spec: { size: null, limit: null, map: { a: null, b: 'c' }, parts: [{ on: null }] } }, schema), {
    spec: { size: 's', map: { b: 'c' }, parts: [{ on: true }], count: 1, remark: 'none', inner: { depth: 3 } },
  })
  t.end()
})
