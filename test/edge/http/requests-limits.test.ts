// Sizes, counts, deadlines, and bytes that are not HTTP: rows R74, R75, R77, R78 (its clear half).
import t from 'tap'
import { answersOf, ask, openClient } from './client.ts'
import { fileDeadlineMs, shortTimeouts, startHarness } from './harness.ts'
import { statusOf } from './message.ts'
import { nextNonce, type Row, refusal, refuse, serve, testRows } from './rows.ts'

const harness = await startHarness()
const hasty = await startHarness({ timeouts: shortTimeouts })
t.setTimeout(fileDeadlineMs)
t.teardown(() => Promise.all([harness.close(), hasty.close()]))

const get = 'GET /{n} HTTP/1.1\r\nHost: a\r\n'
const kib = 1024

/** `count` fields in all, Host and a Content-Length at the very end among them. */
function manyFields(count: number): string {
  const others = Array.from({ length: count - 2 }, (_, index) => `A${index}: b\r\n`).join('')
  return `POST /{n} HTTP/1.1\r\nHost: a\r\n${others}Content-Length: 5\r\n\r\nhello`
}

const rows: Row[] = [
  { id: 'R74', name: 'a field of 20 KiB', bytes: `${get}X: ${'y'.repeat(20 * kib)}\r\n\r\n`, expect: refuse(431) },
  { id: 'R74', name: 'a field name of 20 KiB', bytes: `${get}${'X'.repeat(20 * kib)}: y\r\n\r\n`, expect: refuse(431) },
  { id: 'R74', name: 'a head of 17 KiB', bytes: `${get}${`X: ${'y'.repeat(kib - 5)}\r\n`.repeat(17)}\r\n`, expect: refuse(431) },
  { id: 'R74', name: 'a head of 1 MiB', bytes: `${get}${`X: ${'y'.repeat(16 * kib)}\r\n`.repeat(64)}\r\n`, expect: refuse(431), splits: 12 },
  { id: 'R74', name: 'a head of 1 MiB that never ends', bytes: `${get}X: ${'y'.repeat(kib * kib)}`, expect: refuse(431), splits: 12 },
  { id: 'R74', name: 'a target of 20 KiB', bytes: `GET /{n}${'u'.repeat(20 * kib)} HTTP/1.1\r\nHost: a\r\n\r\n`, expect: refuse(414) },
  { id: 'R74', name: 'a target of 9 KiB', bytes: `GET /{n}${'u'.repeat(9 * kib)} HTTP/1.1\r\nHost: a\r\n\r\n`, expect: refuse(414) },
  { id: 'R74', name: 'a target that never ends', bytes: `GET /{n}${'u'.repeat(100 * kib)}`, expect: refuse(414), splits: 40 },
  {
    id: 'R74',
    name: 'a field of 8 KiB is served',
    bytes: `${get}X: ${'y'.repeat(8 * kib)}\r\n\r\n`,
    expect: serve({ has: [['X', 'y'.repeat(8 * kib)]] }),
    splits: 60,
  },
  {
    id: 'R74',
    name: 'a target of 8,000 bytes is served',
    bytes: `GET /{n}${'u'.repeat(7_991)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    expect: serve(),
    splits: 60,
  },
  { id: 'R75', name: '100 fields are served', bytes: manyFields(100), expect: serve({ body: 'hello', has: [['A97', 'b']] }) },
  ...[101, 1_024, 2_000].map((count): Row => ({ id: 'R75', name: `${count} fields`, bytes: manyFields(count), expect: refuse(431) })),
]

const clientHello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), Buffer.alloc(194, 0x5a)]).toString('latin1')
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'

t.comment(`seed ${harness.seed}`)
testRows(t, harness, [
  ...rows,
  { id: 'R78', name: 'a TLS ClientHello', bytes: clientHello, expect: { kind: 'dropped' } },
  { id: 'R78', name: 'the preface of HTTP/2', bytes: preface, expect: { kind: 'dropped' } },
  ...Array.from(
    { length: 16 },
    (_, index): Row => ({ id: 'R78', name: `64 KiB at random (${index})`, bytes: randomBytes(64 * kib), expect: { kind: 'dropped' }, splits: 4 }),
  ),
])

function randomBytes(length: number): string {
  return Buffer.from(Array.from({ length }, () => harness.random(256))).toString('latin1')
}

void t.test('R78 the edge lives on', async (t) => {
  t.equal((await ask(harness.address, `${get.replace('{n}', nextNonce())}\r\n`))?.body, 'stable')
})

const wholeHead = 'POST /{n} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'
void t.test('R77 a head that stops anywhere gets 408 at its deadline', async (t) => {
  const cuts = Array.from({ length: wholeHead.length - 1 }, (_, index) => index + 1)
  hasty.forget()
  const late: string[] = []
  await Promise.all(
    cuts.map(async (cut) => {
      const nonce = nextNonce()
      const client = await openClient(hasty.address)
      client.write(wholeHead.replace('{n}', nonce).slice(0, cut))
      const startedAt = performance.now()
      await client.until(() => client.end !== 'open', 3_000)
      const took = performance.now() - startedAt
      const problem = refusal(client, [408], nonce) ?? (took < 250 || took > 1_300 ? `after ${Math.round(took)} ms` : undefined)
      if (problem !== undefined) late.push(`cut at ${cut}: ${problem}`)
      client.socket.destroy()
    }),
  )
  t.same(late.slice(0, 5), [])
  t.equal(hasty.stable.bytes, 0)
})

void t.test('R77 a dribbled head gets 408 too: bytes do not move the deadline', async (t) => {
  const client = await openClient(hasty.address)
  const startedAt = performance.now()
  let sent = 0
  const dribble = setInterval(() => client.write(`${get}${'X: y\r\n'.repeat(50)}`[sent++] ?? ''), 20)
  t.ok(await client.until(() => client.end !== 'open', 3_000))
  clearInterval(dribble)
  t.equal(statusOf(answersOf(client, ['GET'])[0]!), 408)
  t.ok(performance.now() - startedAt < 1_300)
  client.socket.destroy()
})

void t.test('R77 a kept connection that begins a second head gets the same deadline', async (t) => {
  const client = await openClient(hasty.address)
  client.write(`${get.replace('{n}', nextNonce())}\r\nGET /`)
  t.ok(await client.until(() => client.end !== 'open', 3_000))
  t.same(answersOf(client, ['GET', 'GET']).map(statusOf), [200, 408])
  client.socket.destroy()
})

void t.test('an idle connection ends without an answer', async (t) => {
  for (const first of ['', `${get.replace('{n}', nextNonce())}\r\n`]) {
    const client = await openClient(hasty.address)
    client.write(first)
    t.ok(await client.until(() => client.end !== 'open', 4_000), 'it ends')
    t.equal(answersOf(client, ['GET', 'GET']).length, first === '' ? 0 : 1)
    client.socket.destroy()
  }
})

void t.test('a body that stops coming is broken off on both sides', async (t) => {
  for (const framing of ['Content-Length: 50\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n']) {
    const nonce = nextNonce()
    const client = await openClient(hasty.address)
    client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\n${framing}`)
    await hasty.pulse.read()
    await hasty.pulse.read()
    const begun = [...hasty.stable.connections].filter(({ pending }) => pending.includes(nonce))
    t.ok(await client.until(() => client.end !== 'open', 3_000), 'the client connection ends')
    t.ok(
      answersOf(client, ['POST']).every((answer) => [408].includes(statusOf(answer))),
      'with 408, if at all with an answer',
    )
    t.ok(await hasty.within(1_000, Promise.all(begun.map(({ closed }) => closed))), 'the upstream connection ends')
    t.notOk(hasty.stable.received.has(nonce))
    client.socket.destroy()
  }
})
