import { readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import t from 'tap'
import { parse } from 'yaml'
import { type Fault, readEdge } from '../../../src/edge/source/file/read.ts'
import { edgeSchema } from '../../../src/edge/source/file/schema.ts'
import { edgeFile, mutated, mutation } from './edgeFiles.ts'

/** All of ajv's strictness but one: a rule on which keys must occur names keys that are defined one level up. */
const strictness = { strictSchema: true, strictNumbers: true, strictTypes: true, allowUnionTypes: true } as const
const ajv = new Ajv(strictness)
const accepts = ajv.compile(edgeSchema())

function faultsOf(text: string): readonly Fault[] {
  const read = readEdge(new TextEncoder().encode(text), '/')
  return read.kind === 'config' ? [] : read.faults
}

/** JSON is YAML, with each value as it is. */
const asFile = (value: unknown): string => JSON.stringify(value, null, 1)

/** undefined: they agree. What the reader finds of kind `meaning` is listed in the next test: no schema can tell it. */
function disagreement(value: unknown): string | undefined {
  const faults = faultsOf(asFile(value))
  if (faults.some((fault) => fault.kind === 'syntax')) return undefined
  const structural = faults.filter((fault) => fault.kind === 'structure')
  if (accepts(value) === (structural.length === 0)) return undefined
  return JSON.stringify({ schema: accepts.errors, reader: structural })
}

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
t.comment(`seed ${seed}`)

t.test('the schema is one, and describes every field', async (t) => {
  t.equal(ajv.validateSchema(edgeSchema()), true)
  t.strictSame(JSON.parse(JSON.stringify(edgeSchema())), edgeSchema(), 'plain JSON')
  type Described = { properties?: Record<string, { description?: unknown }>; items?: unknown; additionalProperties?: unknown }
  const undescribed: string[] = []
  const visit = (schema: unknown, at: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { properties = {}, items, additionalProperties } = schema as Described
    for (const [name, property] of Object.entries(properties)) {
      if (typeof property.description !== 'string') undescribed.push(`${at}.${name}`)
      visit(property, `${at}.${name}`)
    }
    visit(items, `${at}[]`)
    visit(additionalProperties, `${at}.*`)
  }
  visit(edgeSchema(), '')
  t.strictSame(undescribed, [])
})

t.test('defaults and examples in the schema are right themselves', async (t) => {
  let checked = 0
  const visit = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return
    const { examples = [], default: value, ...rest } = schema as { examples?: unknown[]; default?: unknown }
    for (const each of [...examples, ...(value === undefined ? [] : [value])]) {
      checked++
      t.ok(new Ajv(strictness).validate(rest, each), `${JSON.stringify(each)} fits ${JSON.stringify(rest).slice(0, 60)}`)
    }
    for (const inner of Object.values(schema)) visit(inner)
  }
  visit(edgeSchema())
  t.ok(checked > 30)
})

t.test('the examples fit', async (t) => {
  const folder = new URL('../../../examples/', import.meta.url)
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
    const text = readFileSync(new URL(name, folder), 'utf8')
    t.equal(accepts(parse(text)), true, name)
    t.strictSame(faultsOf(text), [], name)
  }
})

t.test('what the schema alone would let pass', async (t) => {
  const base = {
    listeners: [{ address: '127.0.0.1:8080' }],
    routes: [{ path: '/', split: 's' }],
    splits: { s: { backends: { a: { weight: 1, endpoints: [] } } } },
  }
  const backends = (endpoints: string[], weight = 1): object => ({ s: { backends: { a: { weight, endpoints } } } })
  const splitRoute = (match: object): object => ({
    s: { backends: { a: { weight: 1, endpoints: [] } }, routes: [{ name: 'r', backend: 'a', match: [match] }] },
  })
  const cases: readonly (readonly [rule: string, change: object])[] = [
    ['numbers within an address', { splits: backends(['300.0.0.1:80']) }],
    ['the form of an IPv6 address', { splits: backends(['[1::2::3]:80']) }],
    ['ports', { splits: backends(['a:65536']) }],
    ['an address to connect to', { splits: backends(['0.0.0.0:80']) }],
    ['the form of a network', { trustedProxies: ['10.0.0.1/8'] }],
    ['the range of a duration', { timeouts: { connect: '0ms' } }],
    ['the range of a size', { limits: { headBytes: '1B' } }],
    ['equal listeners', { listeners: [{ address: '127.0.0.1:1' }, { address: '127.0.0.1:1' }] }],
    ['a listener on the admin address', { listeners: [{ address: '127.0.0.1:9901' }] }],
    ['admin off loopback without a token', { admin: { address: '0.0.0.0:9901' } }],
    ['a loop', { splits: backends(['127.0.0.1:8080']) }],
    ['the admin interface as endpoint', { splits: backends(['127.0.0.1:9901']) }],
    ['an endpoint twice', { splits: backends(['a:1', 'a:1']) }],
    ['IPv6 hosts in their shortest form', { routes: [{ host: '[0::1]', path: '/', split: 's' }] }],
    ['splits that exist', { routes: [{ path: '/', split: 'x' }] }],
    ['routes that differ', { routes: [base.routes[0], base.routes[0]] }],
    ['backends that exist', { splits: { s: { ...base.splits.s, fallback: 'x' } } }],
    ['sums', { splits: { s: { ...base.splits.s, totalWeight: 2 } } }],
    ['a weight above 0', { splits: backends([], 0) }],
    ['the name none', { splits: { s: { backends: { none: { weight: 1, endpoints: [] } } } } }],
    ['regular expressions that compile', { splits: splitRoute({ path: { regex: '(' } }) }],
  ]
  for (const [rule, change] of cases) {
    const value = { ...base, ...change }
    t.equal(accepts(value), true, `${rule}: fits the schema`)
    const kinds = faultsOf(asFile(value)).map((fault) => fault.kind)
    t.ok(kinds.length > 0 && kinds.every((kind) => kind === 'meaning'), `${rule}: the reader refuses it by its meaning`)
  }
})

t.test('reader and schema agree on files that are right by their structure', async (t) => {
  let seen = 0
  const right = fc.property(edgeFile, (value) => {
    seen++
    if (!accepts(value)) throw new Error(`refused by the schema: ${JSON.stringify(accepts.errors)}`)
    const difference = disagreement(value)
    if (difference !== undefined) throw new Error(difference)
  })
  fc.assert(right, { seed, numRuns: 300 })
  t.ok(seen >= 300)
})

t.test('reader and schema agree on damaged files', async (t) => {
  const counts = { taken: 0, refused: 0 }
  const damaged = fc.property(edgeFile, fc.array(mutation, { minLength: 1, maxLength: 3 }), (value, mutations) => {
    const file = mutated(value, mutations)
    counts[accepts(file) ? 'taken' : 'refused']++
    const difference = disagreement(file)
    if (difference !== undefined) throw new Error(difference)
  })
  fc.assert(damaged, { seed, numRuns: 1_500 })
  t.comment(`${counts.taken} taken, ${counts.refused} refused by both`)
  t.ok(counts.taken > 50 && counts.refused > 200, 'both kinds were seen')
})
