// Records what a real API server answers to the scenarios: KUBECONFIG=… node test/sandbox/apiserver/apply/record.ts
import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Json, JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { realServer } from '../../realServer.ts'
import { stepRequest } from './request.ts'
import { type Scenario, scenarios } from './scenarios.ts'
import { thingDefinition } from './things.ts'

const ask = realServer()
const namespace = 'patch-apply-record'
/** Times of owners are whole seconds: each step has one of its own. */
const stepMs = 1_100

function objectPath({ apiVersion, plural }: Scenario, index: number, version = apiVersion): string {
  return `${version.includes('/') ? '/apis' : '/api'}/${version}/namespaces/${namespace}/${plural}/s${index}`
}

/** Times become those of the steps: the first of them is second 0. */
function inStepTime(value: Json, known: Map<string, string>, stepTime: string): Json {
  if (Array.isArray(value)) return value.map((inner) => inStepTime(inner, known, stepTime))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inStepTime(inner, known, stepTime)]))
  if (typeof value !== 'string' || !/^20(?!20)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value)) return value
  if (!known.has(value)) known.set(value, stepTime)
  return known.get(value) ?? value
}

await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: thingDefinition })
await ask('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
const things = `/apis/apply.example.com/v1/namespaces/${namespace}/things`
for (const deadline = Date.now() + 10_000; Date.now() < deadline && (await ask('GET', things)).code !== 200; ) await setTimeout(100)

const lines: JsonObject[] = [{ gitVersion: (await ask('GET', '/version')).body['gitVersion'] ?? '' }]
const times = scenarios.map(() => new Map<string, string>())
for (let at = 0; at < Math.max(...scenarios.map(({ steps }) => steps.length)); at++) {
  const stepTime = new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString().replace('.000', '')
  for (const [index, scenario] of scenarios.entries()) {
    const step = scenario.steps[at]
    if (step === undefined) continue
    const recorded = (body: Json): Json =>
      JSON.parse(JSON.stringify(inStepTime(body, times[index]!, stepTime)).replaceAll(`s${index}`, 'NAME')) as Json
    const live = await ask('GET', objectPath(scenario, index, step.apiVersion))
    const before = recorded(live.body)
    const { method, path, ...sent } = stepRequest(scenario, step, { namespace, name: `s${index}` })
    const { code, body } = await ask(method, path, sent)
    lines.push({ scenario: scenario.name, step: at, now: stepTime, ...(live.code === 200 && { before }), code, body: recorded(body) })
  }
  await setTimeout(stepMs)
}
writeFileSync(new URL('golden.jsonl', import.meta.url), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))

for (const [index, scenario] of scenarios.entries()) {
  const path = objectPath(scenario, index)
  await ask('PATCH', path, { body: '{"metadata":{"finalizers":null}}', type: 'application/merge-patch+json' })
  await ask('DELETE', path, { body: { gracePeriodSeconds: 0 } })
}
await ask('DELETE', `/api/v1/namespaces/${namespace}`)
await ask('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${thingDefinition.metadata.name}`)
