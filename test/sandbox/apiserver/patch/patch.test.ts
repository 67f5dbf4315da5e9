import { readFileSync } from 'node:fs'
import t from 'tap'
import { ApiError } from '../../../../src/sandbox/apiserver/apiError.ts'
import { applyJsonPatch, unknownStepFields } from '../../../../src/sandbox/apiserver/patch/jsonPatch.ts'
import { applyMergePatch } from '../../../../src/sandbox/apiserver/patch/mergePatch.ts'
import { applyStrategicPatch } from '../../../../src/sandbox/apiserver/patch/strategicPatch.ts'
import { schemaOf } from '../../../../src/sandbox/apiserver/schema/builtin.ts'
import { isObject } from '../../../../src/sandbox/json.ts'
import type { Json, JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { jsonCases, mergeCases, type PatchCase, plainSpec } from './cases.ts'
import { deployment, strategicCases } from './strategicCases.ts'

// Answers of a real API server (its version is in the first line), recorded by record.ts.
const golden = readFileSync(new URL('golden.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as JsonObject)

const plain: JsonObject = { metadata: {}, spec: plainSpec }

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(Object.freeze(value))) frozen(inner)
  return value
}

/** Without empty objects and lists, which a decoded object has no room for where they may be left out. */
function withoutEmpty(value: Json): Json | undefined {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((inner: Json) => withoutEmpty(inner) ?? null)
  const kept = Object.entries(value).flatMap(([key, inner]) => {
    const left = withoutEmpty(inner)
    return left === undefined ? [] : [[key, left]]
  })
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

/** The outcome in the form of the recorded ones. */
function outcome(apply: () => Json): JsonObject {
  try {
    const after = apply()
    if (!isObject(after)) return { code: 422 }
    const { labels, annotations, finalizers } = (after['metadata'] ?? {}) as JsonObject
    const metadata = Object.entries({ labels, annotations, finalizers }).filter(([, value]) => value !== undefined)
    return { code: 200, after: { metadata: Object.fromEntries(metadata) as JsonObject, spec: after['spec'] ?? {} } }
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause
    return { code: cause.code, message: cause.message, reason: cause.reason }
  }
}

const tables: readonly {
  readonly type: string
  readonly cases: readonly PatchCase[]
  readonly apply: (patch: Json) => Json
  readonly decoded: RegExp
  /** Decoded to a type, which leaves out what is empty. */
  readonly typed?: true
}[] = [
  { type: 'merge-patch', cases: mergeCases, apply: (patch) => applyMergePatch(frozen(plain), patch), decoded: /^$/ },
  { type: 'json-patch', cases: jsonCases, apply: (patch) => applyJsonPatch(frozen(plain), patch), decoded: /couldn't get version/ },
  {
    type: 'strategic-merge-patch',
    typed: true,
    cases: strategicCases,
    apply: (patch) => applyStrategicPatch(frozen(deployment), patch, schemaOf('apps', 'v1', 'Deployment')),
    decoded: /unrecognized type|cannot convert|deployment.* is invalid/i,
  },
]

for (const { type, cases, apply, decoded, typed } of tables)
  t.test(type, async (t) => {
    const compared = (seen: JsonObject): Json | undefined => (typed ? withoutEmpty(seen) : seen)
    for (const { name, patch } of cases) {
      const { type: _, name: __, ...expected } = golden.find((line) => line['type'] === type && line['name'] === name) ?? {}
      // What does not decode or is not valid is for others to refuse.
      if (typeof expected['message'] === 'string' && decoded.test(expected['message'])) continue
      t.strictSame(compared(outcome(() => apply(frozen(patch)))), compared(expected as JsonObject), name)
    }
  })

t.test('what a patch does not name is shared', async (t) => {
  const strategic = applyStrategicPatch(deployment, { metadata: { labels: { a: 'b' } } }, schemaOf('apps', 'v1', 'Deployment'))
  t.equal(strategic['spec'], deployment['spec'])
  t.equal(((applyMergePatch(plain, { spec: { number: 3 } })['spec'] ?? {}) as JsonObject)['map'], plainSpec['map'])
})

t.test('unknown fields of a step are told', async (t) => {
  t.strictSame(unknownStepFields([{ op: 'remove', path: '/a', color: 1 }, { op: 'add' }]), ['json patch unknown field "[0].color"'])
})
