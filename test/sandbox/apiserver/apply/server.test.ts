import { readFileSync } from 'node:fs'
import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import type { Json, JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { clientOf } from '../client.ts'
import { stepRequest } from './request.ts'
import { scenarios } from './scenarios.ts'
import { thingDefinition } from './things.ts'

// Answers of a real API server (its version is in the first line), recorded by record.ts.
type Line = { readonly scenario: string; readonly step: number; readonly now: string; readonly code: number; readonly body: JsonObject }
const golden = readFileSync(new URL('golden.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .slice(1, -1)
  .map((line) => JSON.parse(line) as Line)
const namespace = 'patch-apply-record'

/** Without what is drawn, and what no two servers have alike. */
function comparable(body: JsonObject): JsonObject {
  const { uid: _, resourceVersion: __, creationTimestamp: ___, ...metadata } = body['metadata'] as JsonObject
  if (body['kind'] !== 'Service') return { ...body, metadata }
  const { clusterIP: ____, clusterIPs: _____, ports, ...spec } = body['spec'] as JsonObject
  const unnumbered = (ports as readonly JsonObject[]).map(({ nodePort: _, ...port }) => port as Json)
  return { ...body, metadata, spec: { ...spec, ports: unnumbered } }
}

t.test('the scenarios, by requests', async (t) => {
  // Its certificate is of today; the steps have the times of the recording.
  let nowMs = Date.now()
  const server = await startApiServer({ nowMs: () => nowMs })
  t.teardown(() => server.stop())
  const { ask, get, post } = clientOf(server)
  await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', thingDefinition)
  await post('/api/v1/namespaces', { metadata: { name: namespace } })
  for (let turn = 0; turn < 100 && (await get('/apis/apply.example.com/v1')).code !== 200; turn++);
  for (const { scenario: name, step: at, now, code, body } of golden) {
    const index = scenarios.findIndex((each) => each.name === name)
    const [scenario, step] = [scenarios[index], scenarios[index]?.steps[at]]
    if (scenario === undefined || step === undefined) throw new Error(`${name} has no step ${at}`)
    // The autoscaler's controller has its say in between.
    if (scenario.kind === 'HorizontalPodAutoscaler') continue
    nowMs = Date.parse(now)
    const { method, path, type, body: sent } = stepRequest(scenario, step, { namespace, name: `s${index}` })
    const answer = await ask(method, path, { body: sent, headers: { 'Content-Type': type } })
    const said = JSON.parse(answer.text.replaceAll(`s${index}`, 'NAME')) as JsonObject
    t.strictSame({ code: answer.code, body: comparable(said) }, { code, body: comparable(body) }, `${name}, ${at}: ${step.do} as ${step.as}`)
  }
})
