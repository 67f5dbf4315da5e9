// Weights that change all the time under load: nothing fails, and each weight holds from the moment on that it was acknowledged.
import { rename, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { nonceIn, startUpstream } from '../http/upstream.ts'
import { figure } from './full.ts'
import { runOpenLoop } from './openLoop.ts'

const changes = 200
const workers = 2
const everyMs = figure(700, 30)
const perSecond = figure(750, 800)
/** Every so many changes one comes by the file instead of the admin API. */
const byFileEvery = 5
const takenMs = 10_000

const [stable, canary] = await Promise.all([startUpstream('stable'), startUpstream('canary')])
const configuration = (weight: number): string => `listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
limits: {upstreamConnections: 10000}
routes: [{path: /, split: main}]
splits:
  main:
    totalWeight: 100
    backends:
      stable: {weight: ${100 - weight}, endpoints: ["127.0.0.1:${stable.port}"]}
      canary: {weight: ${weight}, endpoints: ["127.0.0.1:${canary.port}"]}
`
const edge = await startEdgeProcess(configuration(0), workers)
const splitUrl = `http://${edge.admin.host}:${edge.admin.port}/v1/splits/main`
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await edge.close()
  await Promise.all([stable.close(), canary.close()])
})

async function patch(weight: number): Promise<void> {
  const { status, body } = await fetch(splitUrl, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify({ weights: { stable: 100 - weight, canary: weight } }),
  })
  await body?.cancel()
  if (status !== 200) throw new Error(`a change of weights was answered ${status}`)
}

async function write(weight: number): Promise<void> {
  await writeFile(`${edge.file}.new`, configuration(weight))
  await rename(`${edge.file}.new`, edge.file)
  for (const until = performance.now() + takenMs; performance.now() < until; await delay(10)) {
    const { backends } = (await (await fetch(splitUrl)).json()) as { backends: { name: string; weight: number }[] }
    if (backends.find(({ name }) => name === 'canary')?.weight === weight) return
  }
  throw new Error('the file was not taken')
}

/** Between an acknowledgement and the next change; `asked` and `onCanary` count requests that lie wholly in it. */
type Step = { readonly weight: number; asked: number; onCanary: number }

t.test(`E1 weight change: ${changes} changes under load cost no request, and each share holds at once`, async (t) => {
  const steps: Step[] = [{ weight: 0, asked: 0, onCanary: 0 }]
  /** Undefined while a change is under way. */
  let present: Step | undefined = steps[0]
  const sentIn = new Map<number, Step | undefined>()
  const wrong: string[] = []
  const stop = new AbortController()
  const load = runOpenLoop({
    address: edge.addresses[0]!,
    perSecond,
    stop: stop.signal,
    deadlineMs: 10_000,
    request(index) {
      sentIn.set(index, present)
      const fields = `Host: a\r\n${index % 8 === 0 ? 'Connection: close\r\n' : ''}`
      const target = `/n${String(index).padStart(7, '0')}`
      return index % 3 === 0 ? `POST ${target} HTTP/1.1\r\n${fields}Content-Length: 4\r\n\r\nbody` : `GET ${target} HTTP/1.1\r\n${fields}\r\n`
    },
    onAnswer(index, { status, body }) {
      if (status !== 200) wrong.push(`${status} ${body} to request ${index}`)
      const step = sentIn.get(index)
      sentIn.delete(index)
      if (step === undefined || step !== present) return
      step.asked++
      if (body === 'canary') step.onCanary++
    },
  })
  for (let change = 1; change <= changes; change++) {
    await delay(everyMs)
    present = undefined
    const weight = 100 - Math.abs(100 - change)
    await (change % byFileEvery === 0 ? write(weight) : patch(weight))
    steps.push((present = { weight, asked: 0, onCanary: 0 }))
  }
  await delay(everyMs)
  stop.abort()
  const { sent, failed, mostInFlight } = await load
  t.same([...failed, ...wrong].slice(0, 5), [], `0 of ${sent} failed`)

  const posts = [stable, canary]
    .flatMap(({ received }) => [...received.values()].flat())
    .filter(({ request }) => request.startLine.startsWith('POST'))
  t.equal(new Set(posts.map(({ request }) => nonceIn(request.startLine))).size, posts.length, 'no POST came twice')

  const errors = steps.map(({ weight, asked, onCanary }) => Math.abs(onCanary - (asked * weight) / 100) - (workers * asked) / 100)
  // A request of 100 for each worker; and a few at either end, where requests of the step are left out for being asked too early.
  t.ok(Math.max(...errors) <= 3 * workers, `${Math.max(...errors).toFixed(2)} requests more than 1 in 100 for each worker in the worst of the steps`)
  const asked = steps.reduce((sum, step) => sum + step.asked, 0)
  const owed = steps.reduce((sum, step) => sum + (step.asked * step.weight) / 100, 0)
  const got = steps.reduce((sum, step) => sum + step.onCanary, 0)
  t.ok(Math.abs(got - owed) <= asked / 100, `${got} of ${asked} on the canary, ${owed.toFixed(1)} by the weights`)
  for (const { weight, asked, onCanary } of steps)
    if (weight === 0 || weight === 100) t.equal(onCanary, weight === 0 ? 0 : asked, `at ${weight} % all ${asked} go to one`)
  t.comment(`${sent} requests, ${asked} of them wholly within a step of ${Math.round(asked / steps.length)}; at most ${mostInFlight} at a time`)
})
