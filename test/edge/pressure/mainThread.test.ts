// What becomes of the edge when its main thread is at fault, or the whole process stands still.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { answersOf, openClient } from '../http/client.ts'
import { type EdgeProcess, startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { answer, startUpstream } from '../http/upstream.ts'
import { isFull } from '../promises/full.ts'
import { metric, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)

function configuration(port: number): string {
  return `listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
timeouts: {drain: 20s}
routes: [{path: /, split: main}]
splits: {main: {backends: {only: {weight: 1, endpoints: ["127.0.0.1:${port}"]}}}}
`
}

const env = { NODE_OPTIONS: `--import ${new URL('./throwOnSignal.ts', import.meta.url).href}` }

for (const [signal, what] of [
  ['SIGUSR2', 'thrown on a signal'],
  ['SIGWINCH', 'rejected on a signal'],
] as const)
  t.test(`an error that nobody caught in the main thread (${signal}): told, drained, and an exit code`, async (t) => {
    let release = (): void => undefined
    const upstream = await startUpstream('upstream', {
      script: (received) => {
        release = () => void answer('upstream')(received)
      },
    })
    let said = ''
    const edge: EdgeProcess = await startEdgeProcess(configuration(upstream.port), 2, { env, onComplaint: (text) => void (said += text) })
    t.teardown(() => Promise.all([edge.close(), upstream.close()]))
    const client = await openClient(edge.addresses[0]!)
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => upstream.received.size === 1, 'the request at the service')
    edge.signal(signal)
    await until(() => said.includes(what) && said.includes('an error that nobody caught'), 'the error in the log')
    release()
    await client.until(() => client.end !== 'open', 10_000)
    t.same(answersOf(client, ['GET']).map(statusOf), [200], 'what was in flight is finished')
    t.equal(await edge.ended, 1)
  })

const stoppedMs = isFull ? 15_000 : 3_000

t.test('E28 a process that was stopped and goes on has lost nobody', async (t) => {
  const upstream = await startUpstream('upstream')
  const edge = await startEdgeProcess(configuration(upstream.port), 2)
  t.teardown(() => Promise.all([edge.close(), upstream.close()]))
  for (let round = 0; round < 2; round++) {
    edge.signal('SIGSTOP')
    await delay(stoppedMs)
    edge.signal('SIGCONT')
    await delay(300)
  }
  t.equal(await metric(edge, 'spillway_edge_event_loop_stalls_total'), 0)
  t.equal(await metric(edge, 'spillway_edge_workers_replaced_total'), 0)
  t.equal(await metric(edge, 'spillway_edge_limited_total{limit="overload"}'), 0)
})
