// A header before a TLS handshake: the handshake finds every byte that follows it.
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import t from 'tap'
import { lacks } from '../../needs.ts'
import { answersOf, openClient } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { fieldOf, statusOf } from '../http/message.ts'
import { nextNonce } from '../http/rows.ts'
import { openWorkshop } from '../tls/certificates.ts'
import { askSecure, openSecure } from '../tls/client.ts'
import { secureListener, startSecureEdge } from '../tls/start.ts'
import { header, tcp4, tcp6, withChecksum } from './binary.ts'

t.setTimeout(fileDeadlineMs)
void t.test('PROXY protocol before TLS', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const certificate = await workshop.issue('a', { names: ['DNS:a', 'DNS:a.example'] })
  const listener = { ...secureListener([certificate]), proxyProtocolFrom: ['127.0.0.1/32'] }
  const { edge, address, stable, close } = await startSecureEdge([listener], { timeouts: { requestHeadMs: 1_500, drainMs: 500 } })
  t.teardown(async () => {
    await close()
    await workshop.remove()
  })
  const get = (nonce: string): string => `GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`

  /** `pieces`: where to cut what the client sends first, header and handshake alike. */
  async function ask(text: string, pieces: number): Promise<string | undefined> {
    const socket = connect({ ...address, noDelay: true })
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
    let before = Buffer.from(text, 'latin1')
    // The header joins the first that is written, the ClientHello; all of it goes out in pieces.
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        const bytes = Buffer.concat([before, chunk])
        const size = Math.ceil(bytes.length / (before.length > 0 ? pieces : 1))
        before = Buffer.alloc(0)
        const next = (at: number): void => {
          if (at >= bytes.length) done()
          else socket.write(bytes.subarray(at, at + size), () => setImmediate(next, at + size))
        }
        next(0)
      },
      destroy(error, done) {
        socket.destroy()
        done(error)
      },
    })
    socket.on('data', (chunk: Buffer) => wire.push(chunk))
    socket.on('end', () => wire.push(null))
    socket.on('error', () => wire.destroy())
    const nonce = nextNonce()
    const client = await openSecure(address, { socket: wire, servername: 'a.example' })
    client.write(get(nonce))
    await client.until(() => answersOf(client, ['GET']).length === 1, 4_000)
    client.socket.destroy()
    const received = stable.received.get(nonce)
    return received && `${fieldOf(received[0]!.request, 'x-forwarded-for')} ${fieldOf(received[0]!.request, 'x-forwarded-proto')}`
  }

  const headers = [
    ['version 1', 'PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n', '192.0.2.1'],
    ['version 2', header(0x21, 0x11, tcp4), '192.0.2.1'],
    ['version 2 over IPv6 with a checksum', withChecksum(tcp6), '2001:db8::1'],
    ['a health check', header(0x20, 0x00), '127.0.0.1'],
  ] as const
  for (const [name, text, from] of headers)
    for (const pieces of [1, 2, 3, 7, 40]) void t.test(`${name}, in ${pieces} pieces`, async (t) => t.equal(await ask(text, pieces), `${from} https`))

  void t.test('others come without', async (t) => {
    const response = await askSecure(address, get(nextNonce()), { localAddress: '127.0.0.2' } as object)
    t.equal(statusOf(response!), 200)
  })

  void t.test('from a trusted peer, a handshake without a header is closed', async (t) => {
    await t.rejects(openSecure(address))
  })

  void t.test('a header, then none of a handshake: in vain, but nothing breaks', async (t) => {
    for (const text of ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n\r\n', `PROXY UNKNOWN\r\n\x16\x03\x01`]) {
      const client = await openClient(address)
      client.write(text)
      t.ok(await client.until(() => client.end !== 'open', 4_000))
    }
    t.ok(edge.warnings.some((warning) => warning.startsWith('a TLS handshake failed')))
    t.same(edge.errors, [])
  })
})
