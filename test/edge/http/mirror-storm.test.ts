// Clients and mirrors that both misbehave at random: every request has its answer, every copy one end, and all room is free again.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { until } from '../admin/stubEdge.ts'
import { answersOf, openClient } from './client.ts'
import { fileDeadlineMs, randomFrom } from './harness.ts'
import { type Mirrored, metricsOf, startMirrored } from './mirrored.ts'
import { reset } from './reset.ts'
import { nextNonce } from './rows.ts'
import { answer, type Script, write } from './upstream.ts'

const stormMs = Number(process.env['MIRROR_STORM_MS'] ?? 3_000)
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const lanes = 12
t.setTimeout(fileDeadlineMs + stormMs)
t.comment(`seed ${seed}`)

let calm = false
const held: (() => void)[] = []

const misdeeds: readonly Script[] = [
  answer('shadow'),
  ({ connection }) => reset(connection.socket),
  ({ connection }) => connection.socket.destroy(),
  ({ connection }) => write(connection, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
  ({ connection }) => {
    write(connection, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    setTimeout(() => (random(2) === 0 ? reset(connection.socket) : write(connection, '0\r\n\r\n')), random(100))
  },
  ({ connection }) => write(connection, `HTTP/1.1 ${200 + random(400)} X\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n`),
  ({ connection }) => write(connection, 'nonsense\r\n\r\n'),
  async (received) => {
    await delay(random(400))
    await answer('shadow')(received)
  },
  () => undefined,
]

const misbehave: Script = (received) => {
  if (calm) held.push(() => void answer('shadow')(received))
  else return misdeeds[random(misdeeds.length)]!(received)
}

/** One request of a random kind on a connection of its own. Returns what is wrong with its answer, if it was to have one. */
async function request({ address }: Mirrored): Promise<string | undefined> {
  const client = await openClient(address)
  const bytes = random(4) === 0 ? random(100_000) : random(2_000)
  const body = 'x'.repeat(bytes)
  const isChunked = random(2) === 0
  const framing = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
  const sent = !isChunked ? body : `${bytes > 0 ? `${bytes.toString(16)}\r\n${body}\r\n` : ''}0\r\n\r\n`
  const head = `POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`
  const cut = random(sent.length + 1)
  const goesAway = random(5) === 0
  client.write(head + sent.slice(0, cut))
  if (random(2) === 0) await delay(random(20))
  if (goesAway) {
    client.reset()
    return undefined
  }
  client.write(sent.slice(cut))
  await client.until(() => answersOf(client, ['POST']).length === 1 || client.end !== 'open', 10_000)
  const [got] = answersOf(client, ['POST'])
  client.socket.destroy()
  return got?.body === 'stable' ? undefined : JSON.stringify(client.text.slice(0, 200))
}

async function countsOf({ edge }: Mirrored): Promise<{ readonly requests: number; readonly copies: number }> {
  const text = await metricsOf(edge.admin)
  const sum = (pattern: RegExp): number => [...text.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0)
  return {
    requests: sum(/^spillway_edge_requests_total\{.*role="stable".*\} (\d+)$/gm),
    copies: sum(/^spillway_edge_mirrored_requests_total\{.*role="shadow".*\} (\d+)$/gm),
  }
}

t.test('a storm of both', async (t) => {
  const timeouts = { connectMs: 1_000, responseHeadMs: 1_000, bodyIdleMs: 1_000 }
  const mirrored = await startMirrored({ shadow: { script: misbehave }, timeouts })
  const endMs = performance.now() + stormMs
  const wrong: string[] = []
  let sent = 0
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs) {
      sent++
      const problem = await request(mirrored)
      if (problem !== undefined) wrong.push(problem)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  t.same(wrong.slice(0, 3), [], `of ${sent} requests none was disturbed`)
  await until(
    async () => /^spillway_edge_requests_in_flight\{.*role="stable".*\} 0$/m.test(await metricsOf(mirrored.edge.admin)),
    'the end of requests',
  )
  await until(async () => (await countsOf(mirrored)).copies === (await countsOf(mirrored)).requests, 'the end of copies').catch(async () =>
    t.same(await countsOf(mirrored), 'as many copies as requests'),
  )
  const outcomes = await mirrored.outcomes()
  t.ok((outcomes['2xx'] ?? 0) > 0 && (outcomes['failed'] ?? 0) > 0 && (outcomes['dropped'] ?? 0) > 0, JSON.stringify(outcomes))

  calm = true
  const clients = await Promise.all(Array.from({ length: 110 }, () => openClient(mirrored.address)))
  for (const client of clients) client.write(`GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`)
  for (const client of clients) await client.until(() => answersOf(client, ['GET']).length === 1, 5_000)
  await until(() => held.length === 100, '100 copies: all places are free again')
  t.equal((await mirrored.outcomes())['dropped'], (outcomes['dropped'] ?? 0) + 10)
  for (const release of held.splice(0)) release()
  const total = (await countsOf(mirrored)).requests
  await until(async () => (await countsOf(mirrored)).copies === total, 'their answers')
  // 127 and a bit of 64 KiB and a head are 8 MiB.
  for (const client of clients) client.write(`POST /${nextNonce()} HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\nx`)
  const dropped = (await mirrored.outcomes())['dropped']
  await until(() => [...mirrored.stable.connections].filter(({ pending }) => pending.endsWith('x')).length === 110, 'all heads sent on')
  t.equal((await mirrored.outcomes())['dropped'], dropped, 'and so is all memory')
  for (const client of clients) client.socket.destroy()
  await mirrored.close()
})
