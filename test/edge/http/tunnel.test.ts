// WebSocket and other upgrades: bytes both ways once the upstream has said 101 (row R62, and R61 from the other side).

import t from 'tap'
import { answersOf, type Client, openClient, responsesOf } from './client.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { fieldOf, statusOf } from './message.ts'
import { reset } from './reset.ts'
import { inParallel, nextNonce } from './rows.ts'
import { type UpstreamConnection, write } from './upstream.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())

const switching = (protocol: string): string =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Accept: x\r\n\r\n`

/** Takes all bytes of a connection out of the recorder's hands. */
function takeOver(connection: UpstreamConnection): { text: () => string } {
  let text = connection.pending
  connection.pending = ''
  connection.holdsOpen = true
  connection.socket.removeAllListeners('data')
  connection.socket.on('data', (chunk: string) => {
    text += chunk
  })
  return { text: () => text }
}

type Tunnel = { client: Client; connection: UpstreamConnection; received: () => string }

/** `early`: sent by the upstream together with its 101; `ahead`: sent by the client together with its request. */
async function openTunnel({
  protocol = 'websocket',
  early = '',
  ahead = '',
  split,
}: {
  protocol?: string
  early?: string
  ahead?: string
  split?: number
} = {}): Promise<Tunnel> {
  const nonce = nextNonce()
  const taken = Promise.withResolvers<Pick<Tunnel, 'connection' | 'received'>>()
  harness.stable.scripts.set(nonce, {
    when: 'complete',
    async run({ connection }) {
      const { text } = takeOver(connection)
      const bytes = switching(protocol) + early
      if (split === undefined) {
        write(connection, bytes)
      } else {
        write(connection, bytes.slice(0, split))
        await harness.pulse.read()
        write(connection, bytes.slice(split))
      }
      taken.resolve({ connection, received: text })
    },
  })
  const client = await openClient(harness.address)
  client.write(
    `GET /${nonce} HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n${ahead}`,
  )
  const made = await client.until(() => answersOf(client, ['GET']).length > 0 || client.end !== 'open', 3_000)
  if (!made || statusOf(answersOf(client, ['GET'])[0]!) !== 101) throw new Error(`no tunnel: ${JSON.stringify(client.text)}`)
  return { client, ...(await taken.promise) }
}

async function comes(text: () => string, wanted: string): Promise<boolean> {
  const until = performance.now() + 2_000
  while (!text().endsWith(wanted) && performance.now() < until) await harness.pulse.read()
  return text().endsWith(wanted)
}

void t.test('R62 bytes go both ways, as they are', async (t) => {
  for (const protocol of ['websocket', 'foo']) {
    const { client, connection, received } = await openTunnel({ protocol })
    const [head] = answersOf(client, ['GET'])
    t.equal(fieldOf(head!, 'upgrade'), protocol)
    t.match(fieldOf(head!, 'connection'), /^upgrade$/i)
    t.equal(fieldOf(head!, 'sec-websocket-accept'), 'x')
    client.write('\x81\x05hello\r\n\r\nGET / HTTP/1.1\r\n\0\xff')
    t.ok(await comes(received, '\x81\x05hello\r\n\r\nGET / HTTP/1.1\r\n\0\xff'), 'to the upstream')
    write(connection, '\x81\x05HTTP/1.1 200 OK\r\n\r\n\0\xff')
    t.ok(await client.until(() => client.text.endsWith('\x81\x05HTTP/1.1 200 OK\r\n\r\n\0\xff'), 2_000), 'to the client')
    client.socket.destroy()
    t.ok(await harness.within(1_000, connection.closed), 'the end of one is the end of the other')
  }
})

void t.test('R62 the 101 split at every byte, with bytes right behind it', async (t) => {
  const problems: string[] = []
  await inParallel(
    Array.from({ length: switching('websocket').length + 3 }, (_, index) => index + 1),
    16,
    async (split) => {
      const { client } = await openTunnel({ split, early: 'early' })
      if (!(await client.until(() => client.text.endsWith('\r\n\r\nearly'), 2_000)))
        problems.push(`split at ${split}: ${JSON.stringify(client.text)}`)
      client.socket.destroy()
    },
  )
  t.same(problems.slice(0, 3), [])
})

void t.test('R61 what a client sends ahead of the 101 arrives behind it', async (t) => {
  const { client, received } = await openTunnel({ ahead: 'ahead' })
  client.write(' and after')
  t.ok(await comes(received, 'ahead and after'))
  client.socket.destroy()
})

void t.test('R62 each side may close its half', async (t) => {
  const first = await openTunnel()
  const upstreamEnd = new Promise<void>((resolve) => first.connection.socket.once('end', resolve))
  first.client.write('last')
  first.client.fin()
  t.ok(await harness.within(1_000, upstreamEnd), "the upstream sees the client's FIN")
  t.equal(first.received(), 'last')
  write(first.connection, 'still here')
  t.ok(await first.client.until(() => first.client.text.endsWith('still here'), 2_000), 'and may go on')
  first.connection.socket.end()
  t.ok(await first.client.until(() => first.client.end === 'fin', 2_000), 'until it closes too')

  const second = await openTunnel()
  write(second.connection, 'bye')
  second.connection.socket.end()
  t.ok(
    await second.client.until(() => second.client.end === 'fin' && second.client.text.endsWith('bye'), 2_000),
    "the client sees the upstream's FIN",
  )
  second.client.socket.destroy()
  t.ok(await harness.within(1_000, second.connection.closed))
})

void t.test('R62 a tunnel without a byte ends', async (t) => {
  const { client, connection } = await openTunnel()
  const startedAt = performance.now()
  t.ok(await client.until(() => client.end !== 'open', 4_000), 'for the client')
  t.ok(performance.now() - startedAt > 1_500, 'not before its time')
  t.ok(await harness.within(1_000, connection.closed), 'for the upstream')
})

void t.test('R62 a reset of the upstream ends the client connection', async (t) => {
  const { client, connection } = await openTunnel()
  reset(connection.socket)
  t.ok(await client.until(() => client.end !== 'open', 2_000))
})

void t.test('R62 a tunnel counts as one request of its backend', async (t) => {
  const metric = async (name: string): Promise<number> => {
    const page = await (await fetch(`http://${harness.edge.admin.host}:${harness.edge.admin.port}/metrics`)).text()
    const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes('split="main"') && line.includes('stable'))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
  const before = await metric('spillway_edge_requests_total')
  const { client, connection } = await openTunnel()
  client.write('x'.repeat(1_000))
  await harness.pulse.read()
  client.socket.destroy()
  await connection.closed
  await harness.pulse.read()
  const until = performance.now() + 3_000
  let after = before
  while ((after = await metric('spillway_edge_requests_total')) === before && performance.now() < until) await harness.pulse.read()
  t.equal(after - before, 1)
})

void t.test('S07 a 101 that names another protocol is a 502', async (t) => {
  const nonce = nextNonce()
  harness.stable.scripts.set(nonce, { when: 'complete', run: ({ connection }) => write(connection, `${switching('bar')}hi`) })
  const client = await openClient(harness.address)
  client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  await client.until(() => answersOf(client, ['GET']).length > 0, 3_000)
  t.same(responsesOf(client, ['GET']).responses.map(statusOf), [502])
  client.socket.destroy()
})

void t.test('R61 a plain answer to an upgrade leaves an ordinary connection', async (t) => {
  const client = await openClient(harness.address)
  client.write(`GET /${nextNonce()} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
  t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === 1, 2_000))
  client.write(`GET /x/${nextNonce()} HTTP/1.1\r\nHost: a\r\n\r\n`)
  t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === 2, 2_000))
  t.equal(answersOf(client, ['GET', 'GET'])[1]?.body, 'canary', 'the second request is routed for itself')
  client.socket.destroy()
})
