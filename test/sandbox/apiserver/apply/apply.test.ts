import { readFileSync } from 'node:fs'
import t from 'tap'
import { ApiError } from '../../../../src/sandbox/apiserver/apiError.ts'
import { applyServerSide } from '../../../../src/sandbox/apiserver/apply/applyServerSide.ts'
import { resetFields } from '../../../../src/sandbox/apiserver/apply/resetFields.ts'
import { trackUpdate } from '../../../../src/sandbox/apiserver/apply/trackUpdate.ts'
import { versionsOf } from '../../../../src/sandbox/apiserver/apply/versions.ts'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import type { Kind } from '../../../../src/sandbox/apiserver/kinds/kind.ts'
import { apiVersionOf } from '../../../../src/sandbox/apiserver/requests/objectMeta.ts'
import { objectMetaSchema } from '../../../../src/sandbox/apiserver/schema/builtin.ts'
import type { Json, JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { type Scenario, type Step, scenarios } from './scenarios.ts'
import { thingSchema } from './things.ts'

// Answers of a real API server (its version is in the first line), recorded by record.ts.
type Line = {
  readonly scenario: string
  readonly step: number
  readonly now: string
  readonly before?: JsonObject
  readonly code: number
  readonly body: JsonObject
}
const golden = readFileSync(new URL('golden.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .slice(1, -1)
  .map((line) => JSON.parse(line) as Line)

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(Object.freeze(value))) frozen(inner)
  return value
}

const thing: Kind = {
  ...(builtinKinds.find(({ kind }) => kind === 'ConfigMap') as Kind),
  group: 'apply.example.com',
  version: 'v1',
  kind: 'Thing',
  schema: thingSchema(objectMetaSchema()),
  empty: {},
  subresources: { status: true },
}
const kinds = [...builtinKinds, thing]

const managedFieldsOf = (object: JsonObject | undefined): Json | undefined => (object?.['metadata'] as JsonObject | undefined)?.['managedFields']

/** Owners are reckoned before admission, which gives a pod its priority and its tolerations. */
function beforeAdmission(body: JsonObject): JsonObject {
  if (body['kind'] !== 'Pod') return body
  const { priority: _, preemptionPolicy: __, tolerations: ___, ...spec } = body['spec'] as JsonObject
  return { ...body, spec }
}

/** As the answer would be: its managed fields, or the refusal. */
function outcome(scenario: Scenario, step: Step, { before, now, body }: Line): { readonly managedFields: unknown } | JsonObject {
  const { subresource = '' } = step
  const { kind } = scenario
  const apiVersion = step.apiVersion ?? scenario.apiVersion
  const served = kinds.filter((each) => each.kind === kind)
  const at = served.find((each) => apiVersionOf(each) === apiVersion)
  if (at === undefined) throw new Error(`${kind} is not served`)
  const reset = resetFields({ group: at.group, kind, subresource, hasStatus: at.subresources.status === true })
  const common = { apiVersion, versions: versionsOf(served), empty: at.empty ?? {}, manager: step.as, subresource, reset, now }
  if (step.do !== 'apply') {
    const metadata = body['metadata'] as JsonObject
    const written = step.do === 'create' ? beforeAdmission(body) : body
    const sent = managedFieldsOf(step.body)
    const managedFields = sent === undefined ? (managedFieldsOf(before) ?? null) : sent
    return { managedFields: trackUpdate({ ...common, before, after: { ...written, metadata: { ...metadata, managedFields } } }) }
  }
  try {
    const { managedFields } = applyServerSide({ ...common, live: before, applied: step.body, kind, force: step.force ?? false })
    return { managedFields }
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause
    return { code: cause.code, reason: cause.reason, message: cause.message, details: cause.details ?? {} }
  }
}

for (const scenario of scenarios)
  t.test(scenario.name, async (t) => {
    for (const [at, step] of scenario.steps.entries()) {
      const line = golden.find((each) => each.scenario === scenario.name && each.step === at)
      if (line === undefined) throw new Error(`step ${at} is not recorded`)
      const { code, body } = line
      // Validation is for others.
      if (code === 422) continue
      const { reason = '', message = '', details = {} } = body
      const expected = code >= 400 ? { code, reason, message, details } : { managedFields: managedFieldsOf(body) ?? [] }
      t.strictSame(outcome(scenario, step, frozen(line)), expected, `${at}: ${step.do} as ${step.as}`)
    }
  })
