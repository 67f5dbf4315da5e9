// An answer that comes before its request has ended: row R66.
import t from 'tap'
import { answersOf, openClient } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { statusOf } from './message.ts'
import { nextNonce } from './rows.ts'
import { type UpstreamConnection, write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

function answersEarly(status: number): { nonce: string; used: () => UpstreamConnection | undefined } {
  const nonce = nextNonce()
  let used: UpstreamConnection | undefined
  harness.stable.scripts.set(nonce, {
    when: 'head',
    run: ({ connection }) => {
      used = connection
      write(connection, `HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`)
    },
  })
  return { nonce, used: () => used }
}

const framings = [
  {
    name: 'with a length',
    head: (bytes: number) => `Content-Length: ${bytes}\r\n\r\n`,
    begin: 'x'.repeat(10),
    rest: (bytes: number) => 'x'.repeat(bytes - 10),
  },
  {
    name: 'in chunks',
    head: () => 'Transfer-Encoding: chunked\r\n\r\n',
    begin: 'a\r\nxxxxxxxxxx\r\n',
    rest: (bytes: number) => `${(bytes - 10).toString(16)}\r\n${'x'.repeat(bytes - 10)}\r\n0\r\n\r\n`,
  },
]

for (const { name, head, begin, rest } of framings) {
  for (const status of [401, 413, 200]) {
    void t.test(`R66 ${status} before a short body ${name} has ended`, async (t) => {
      const { nonce, used } = answersEarly(status)
      const client = await openClient(harness.address)
      client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\n${head(1_000)}${begin}`)
      t.ok(await client.until(() => answersOf(client, ['POST']).length === 1, 2_000), 'the answer is relayed')
      t.equal(statusOf(answersOf(client, ['POST'])[0]!), status)
      const follower = nextNonce()
      client.write(`${rest(1_000)}GET /${follower} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await client.until(() => answersOf(client, ['POST', 'GET']).length === 2 || client.end !== 'open', 2_000)
      const [, second] = answersOf(client, ['POST', 'GET'])
      t.ok(second === undefined ? client.end !== 'open' : statusOf(second) === 200, 'the next request is served, or the connection has ended')
      t.ok(await harness.within(1_000, used()!.closed), 'the upstream connection is not kept')
      t.equal(used()!.requests, 1, 'nor used again')
      client.socket.destroy()
    })
  }

  void t.test(`R66 the rest of a long body ${name} is not read for ever`, async (t) => {
    const { nonce, used } = answersEarly(413)
    const client = await openClient(harness.address)
    const bytes = 64 * 1024 * 1024
    client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\n${head(bytes)}${begin}`)
    t.ok(await client.until(() => answersOf(client, ['POST']).length === 1, 2_000), 'the answer is relayed')
    const piece = Buffer.alloc(64 * 1024, 'x')
    let taken = 0
    while (taken < bytes && client.socket.writable && client.end === 'open') {
      if (!client.socket.write(piece)) await new Promise<void>((resolve) => client.socket.once('drain', resolve).once('close', resolve))
      taken += piece.length
    }
    t.ok(await client.until(() => client.end !== 'open' || client.socket.destroyed, 3_000), 'the client connection ends')
    t.ok(taken < bytes / 2, `without taking the whole: ${taken} bytes`)
    t.ok(await harness.within(1_000, used()!.closed), 'the upstream connection ends')
    client.socket.destroy()
  })
}

void t.test('R66 an early answer and then the end of the upstream', async (t) => {
  const nonce = nextNonce()
  harness.stable.scripts.set(nonce, {
    when: 'head',
    run: ({ connection }) => {
      connection.socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
    },
  })
  const client = await openClient(harness.address)
  client.write(`POST /${nonce} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nxxxxxxxxxx`)
  t.ok(await client.until(() => answersOf(client, ['POST']).length === 1, 2_000), 'the answer is relayed')
  t.equal(statusOf(answersOf(client, ['POST'])[0]!), 403)
  client.write('x'.repeat(990))
  await client.until(() => client.end !== 'open', 700)
  t.equal(answersOf(client, ['POST', 'GET']).length, 1, 'and nothing follows')
  client.socket.destroy()
})
