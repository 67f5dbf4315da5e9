// A process that stood still for a while, as in a virtual machine that moves: what came meanwhile came in time.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { answersOf, openClient } from '../http/client.ts'
import { startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { type Received, startUpstream, write } from '../http/upstream.ts'
import { metric, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)
const clients = 20
const patienceMs = 300
const stoodMs = 900

t.test('an answer that waits to be read is no timeout, and its endpoint is in use', async (t) => {
  const held: Received[] = []
  const upstream = await startUpstream('slow', { script: (received) => void held.push(received) })
  const edge = await startEdgeProcess(`
listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
timeouts: {responseHead: ${patienceMs}ms, bodyIdle: ${patienceMs}ms}
resilience: {ejectAfter: 1}
routes: [{path: /, split: main}]
splits: {main: {backends: {all: {weight: 1, endpoints: ["127.0.0.1:${upstream.port}"]}}}}
`)
  t.teardown(async () => {
    await edge.close()
    await upstream.close()
  })
  const all = await Promise.all(Array.from({ length: clients }, () => openClient(edge.addresses[0]!)))
  for (const client of all) client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => held.length === clients, 'all requests are there')
  edge.signal('SIGSTOP')
  for (const { connection } of held) write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  await delay(stoodMs)
  edge.signal('SIGCONT')
  for (const client of all) await client.until(() => answersOf(client, ['GET']).length === 1 || client.end !== 'open', 5_000)
  t.same(
    all.map((client) => answersOf(client, ['GET']).map(statusOf)[0]),
    all.map(() => 200),
  )
  const labels = '{namespace="",split="main",service="main-all",role="all",revision=""}'
  t.equal(await metric(edge, `spillway_edge_endpoint_ejections_total${labels}`), 0)
})
