// Workers that throw, run out of memory, end or stand still: what was theirs is lost, nothing else.
import t from 'tap'
import { defaultLimits } from '../../../src/edge/config.ts'
import { answersOf, ask, type Client } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { isFull } from '../promises/full.ts'
import { type Break, openClients, serves, startBreakableEdge } from './breaking.ts'
import { metric, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)
const MiB = 2 ** 20
/** Enough that each worker has some. */
const connections = isFull ? 200 : 24

function broken(clients: readonly Client[]): number {
  return clients.filter((client) => client.end !== 'open').length
}

for (const how of ['throw', 'reject', 'hoard', 'exit'] as const)
  t.test(`E26 a worker is broken (${how}): only its requests in flight fail, and it is replaced`, async (t) => {
    const { edge, upstream, held, release, breakWorker, close } = await startBreakableEdge({
      limits: { ...defaultLimits, memoryBytes: 600 * MiB },
    })
    t.teardown(close)
    const clients = await openClients(edge, connections)
    for (const client of clients) client.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => held() === connections, 'all requests at the service')
    const brokenAtMs = performance.now()
    breakWorker({ worker: 0, how })
    await until(() => broken(clients) > 0, 'the connections of the broken worker')
    await until(() => upstream.connections.size < connections, 'its connections to the service')
    await until(
      async () => (await metric(edge, 'spillway_edge_workers_serving')) === 2 && (await metric(edge, 'spillway_edge_workers_replaced_total')) === 1,
      'a replacement',
    )
    t.comment(`replaced within ${Math.round(performance.now() - brokenAtMs)} ms`)
    release()
    const others = clients.filter((client) => client.end === 'open')
    await until(() => others.every((client) => answersOf(client, ['GET']).length === 1 || client.end !== 'open'), 'the answers of the others')
    t.ok(others.length > 0, `${broken(clients)} of ${connections} were the broken worker's`)
    t.same(
      others.map((client) => answersOf(client, ['GET']).map(statusOf)),
      others.map(() => [200]),
      'all others have their answer',
    )
    for (const client of await openClients(edge, connections)) t.ok(await serves(client), 'new connections are served')
    for (const client of others) t.ok(await serves(client), 'and kept ones')
    t.ok(
      edge.errors.some((line) => line.includes('a worker has ended')),
      'it is told',
    )
  })

t.test('E26 one worker that breaks again and again takes no other along', async (t) => {
  const { edge, breakWorker, close } = await startBreakableEdge({}, { backoffMs: 20, maxBackoffMs: 200 })
  t.teardown(close)
  const clients = await openClients(edge, connections)
  for (const client of clients) t.ok(await serves(client))
  const rounds = isFull ? 10 : 3
  for (let round = 1; round <= rounds; round++) {
    breakWorker({ worker: 1, how: 'throw' } satisfies Break)
    await until(async () => (await metric(edge, 'spillway_edge_workers_replaced_total')) === round, `death ${round}`)
    await until(async () => (await metric(edge, 'spillway_edge_workers_serving')) === 2, `replacement ${round}`)
    for (const client of clients.filter((client) => client.end === 'open')) t.ok(await serves(client), 'kept connections of the other')
  }
  t.ok(broken(clients) > 0 && broken(clients) < connections, `${broken(clients)} of ${connections} were lost, in the first round`)
})

const readyz = 'GET /readyz HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n'
/** Of the real times a fifth, and still more than a busy machine lets a thread wait. */
const watch = isFull ? {} : { checkMs: 50, stalledAfter: 16, replacedAfter: 60 }
const pauses = isFull ? 3 : 1

t.test('E28 event-loop stall: told, not ready, ready again; for good: replaced', async (t) => {
  const { edge, breakWorker, close } = await startBreakableEdge({}, watch)
  t.teardown(close)
  const ready = async (): Promise<number | undefined> => {
    const answer = await ask(edge.admin, readyz)
    return answer && statusOf(answer)
  }
  const clients = await openClients(edge, connections)
  for (const client of clients) t.ok(await serves(client))
  t.equal(await ready(), 200)
  for (let n = 0; n < pauses; n++) breakWorker({ worker: 0, how: 'pause' })
  await until(async () => (await ready()) === 503, 'not ready')
  t.match((await ask(edge.admin, readyz))?.body, /worker 0 stands still/, 'which worker is told')
  t.equal(await metric(edge, 'spillway_edge_event_loop_stalls_total'), 1)
  await until(async () => (await ready()) === 200, 'ready again')
  for (const client of clients) t.ok(await serves(client), 'nothing is lost')
  t.equal(await metric(edge, 'spillway_edge_workers_replaced_total'), 0)
  breakWorker({ worker: 0, how: 'stall' })
  await until(async () => (await metric(edge, 'spillway_edge_workers_replaced_total')) === 1, 'its replacement', 30_000)
  await until(async () => (await ready()) === 200, 'ready with it')
  t.equal(await metric(edge, 'spillway_edge_event_loop_stalls_total'), 2)
  const others = clients.filter((client) => client.end === 'open')
  t.ok(others.length > 0 && others.length < connections)
  for (const client of others) t.ok(await serves(client), 'the connections of the other worker')
  t.ok(edge.errors.some((line) => line.includes('a worker that stands still is ended')))
  t.ok(edge.warnings.some((line) => line.includes('turns again')))
})
