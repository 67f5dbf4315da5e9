// Every limit has a metric, there at 0 from the start, and a line in the log that names the setting.
import t from 'tap'
import { defaultLimits } from '../../../src/edge/config.ts'
import { type LimitKind, limitKinds } from '../../../src/edge/counters.ts'
import { answersOf, ask, type Client, openClient } from '../http/client.ts'
import { fileDeadlineMs, shortTimeouts, startHarness } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { limited, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)
const limits = { ...defaultLimits, headBytes: 2_000, headers: 10, targetBytes: 500, bodyBytes: 1_000 }
const host = 'Host: a\r\n'
const chunked = 'Transfer-Encoding: chunked\r\n\r\n'

type Row = { readonly limit: LimitKind; readonly name: string; readonly bytes: string; readonly status: number; readonly change: string }
const rows: readonly Row[] = [
  { limit: 'head_bytes', name: 'a large head', bytes: `GET / HTTP/1.1\r\n${host}X: ${'y'.repeat(3_000)}`, status: 431, change: 'limits.headBytes' },
  { limit: 'headers', name: 'many fields', bytes: `GET / HTTP/1.1\r\n${host}${'A: b\r\n'.repeat(10)}\r\n`, status: 431, change: 'limits.headers' },
  {
    limit: 'target_bytes',
    name: 'a long target',
    bytes: `GET /${'u'.repeat(500)} HTTP/1.1\r\n${host}\r\n`,
    status: 414,
    change: 'limits.targetBytes',
  },
  {
    limit: 'body_bytes',
    name: 'a large body',
    bytes: `POST / HTTP/1.1\r\n${host}Content-Length: 1001\r\n\r\n`,
    status: 413,
    change: 'limits.bodyBytes',
  },
  {
    limit: 'body_bytes',
    name: 'a large body in chunks',
    bytes: `POST / HTTP/1.1\r\n${host}${chunked}400\r\n${'z'.repeat(1_024)}\r\n`,
    status: 413,
    change: 'limits.bodyBytes',
  },
  { limit: 'slow_head', name: 'a head that stops', bytes: `GET / HTTP/1.1\r\n${host}`, status: 408, change: 'timeouts.requestHead' },
  {
    limit: 'slow_body',
    name: 'a body that stops',
    bytes: `POST / HTTP/1.1\r\n${host}Content-Length: 9\r\n\r\nhalf`,
    status: 408,
    change: 'timeouts.bodyIdle',
  },
]

t.test('limits are counted where they are met, and told', async (t) => {
  const harness = await startHarness({ timeouts: shortTimeouts, limits })
  t.teardown(() => harness.close())
  for (const limit of limitKinds) t.equal(await limited(harness.edge, limit), 0, `${limit} is there at 0`)
  const met = new Map<LimitKind, number>()
  for (const { limit, name, bytes, status } of rows) {
    const answer = await ask(harness.address, bytes)
    t.equal(answer && statusOf(answer), status, name)
    met.set(limit, (met.get(limit) ?? 0) + 1)
  }
  for (const limit of limitKinds) t.equal(await limited(harness.edge, limit), met.get(limit) ?? 0, limit)
  for (const { limit, change } of rows) {
    const line = (text: string): boolean =>
      text.startsWith('a limit was met') && text.includes(`"limit":"${limit}"`) && text.includes(`"change":"${change}"`)
    await until(() => harness.edge.warnings.some(line), `a line about ${limit}`)
    t.equal(harness.edge.warnings.filter(line).length, 1, `one line about ${limit}`)
  }
})

const get = `GET / HTTP/1.1\r\n${host}\r\n`

async function serves(client: Client): Promise<boolean> {
  client.text = ''
  client.write(get)
  await client.until(() => answersOf(client, ['GET']).length > 0 || client.end !== 'open', 5_000)
  return answersOf(client, ['GET']).length > 0
}

t.test('connections per client address', async (t) => {
  const harness = await startHarness({ limits: { ...defaultLimits, connectionsPerAddress: 3 }, trustedProxies: ['127.0.0.9'] })
  t.teardown(() => harness.close())
  const { address, edge } = harness
  const open = (from: string, count: number): Promise<Client[]> => Promise.all(Array.from({ length: count }, () => openClient(address, from)))
  const three = await open('127.0.0.5', 3)
  for (const client of three) t.ok(await serves(client), 'within the limit')
  const [fourth] = await open('127.0.0.5', 1)
  t.ok(await fourth!.until(() => fourth!.end !== 'open', 5_000), 'beyond it a connection is closed at once')
  t.equal(fourth!.text, '')
  t.equal(await limited(edge, 'connections_per_address'), 1)
  const others = await open('127.0.0.6', 3)
  for (const client of [...others, ...three]) t.ok(await serves(client), 'others, and those who were there, are served')
  const proxied = await open('127.0.0.9', 8)
  for (const client of proxied) t.ok(await serves(client), 'a trusted proxy speaks for many')
  three[0]!.socket.destroy()
  await until(async () => {
    const [next] = await open('127.0.0.5', 1)
    return serves(next!)
  }, 'room for another, once one has gone')
  edge.apply({ limits: defaultLimits })
  await until(async () => (await Promise.all((await open('127.0.0.5', 5)).map(serves))).every(Boolean), 'any number, once the limit is gone')
  for (const client of [...three, ...others, ...proxied]) client.socket.destroy()
})

t.test('connections per worker', async (t) => {
  const harness = await startHarness({ limits: { ...defaultLimits, connections: 4 } })
  t.teardown(() => harness.close())
  const clients = await Promise.all(Array.from({ length: 12 }, () => openClient(harness.address)))
  await until(() => clients.filter((client) => client.end !== 'open').length >= 8, 'those beyond the limit are closed')
  for (const client of clients.filter((client) => client.end === 'open')) t.ok(await serves(client), 'the others are served')
  t.ok((await limited(harness.edge, 'connections')) >= 8)
  for (const client of clients) client.socket.destroy()
})
