import { readFileSync } from 'node:fs'
import t from 'tap'
import { defaultLimits, defaultResilience, defaultTimeouts } from '../../../src/edge/config.ts'
import { readEdge } from '../../../src/edge/source/file/read.ts'
import { edgeSchema } from '../../../src/edge/source/file/schema.ts'

const reference = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')

t.test('the file shown is right, and its timeouts, limits and resilience are the defaults', async (t) => {
  const shown = /```yaml\n([\s\S]*?)```/.exec(reference)?.[1] ?? ''
  const read = readEdge(new TextEncoder().encode(shown), '/')
  t.equal(read.kind, 'config')
  if (read.kind === 'faults') return
  t.strictSame(read.config.timeouts, defaultTimeouts)
  t.strictSame(read.config.limits, defaultLimits)
  t.strictSame(read.config.resilience, defaultResilience)
})

/** As the reference writes fields: `splits.*.backends.*.weight`. */
function fieldsIn(schema: unknown, at: string): string[] {
  const { properties, items, additionalProperties, type } = schema as Record<string, unknown>
  if (type === 'array') return fieldsIn(items, `${at}[]`)
  if (type === 'object' && typeof additionalProperties === 'object') return fieldsIn(additionalProperties, `${at}.*`)
  if (type !== 'object') return [at]
  return Object.entries(properties as object).flatMap(([name, property]) => fieldsIn(property, at === '' ? name : `${at}.${name}`))
}

t.test('the reference has every field with its default', async (t) => {
  const rows = new Map([...reference.matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, field, value]) => [field, value]))
  const fields = fieldsIn(edgeSchema(), '').map((field) => field.replace(/(match\[\]).*/, '$1'))
  for (const field of new Set(fields)) t.ok(rows.has(field), field)
  const { properties } = edgeSchema() as { properties: Record<string, { properties: Record<string, { default: unknown }> }> }
  for (const group of ['timeouts', 'limits', 'resilience'])
    for (const [name, property] of Object.entries(properties[group]?.properties ?? {}))
      t.equal(rows.get(`${group}.${name}`), `\`${property.default}\``, `default of ${group}.${name}`)
})
