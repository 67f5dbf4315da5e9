// Server names: E24, and which requests a connection is for.
import t from 'tap'
import { chooserOf, covers, namesOf } from '../../../src/edge/tls/names.ts'
import { lacks } from '../../needs.ts'
import { type Address, answersOf, openClient } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { inParallel } from '../http/rows.ts'
import { figure } from '../promises/full.ts'
import { openWorkshop } from './certificates.ts'
import { openSecure, presented } from './client.ts'
import { clientHello, nameEntry } from './hello.ts'
import { secureListener, startSecureEdge } from './start.ts'

t.setTimeout(fileDeadlineMs)
const unknownNames = figure(10_000, 1_000)

void t.test('the names in a certificate', async (t) => {
  const rows: readonly (readonly [string | undefined, readonly string[]])[] = [
    [undefined, []],
    ['DNS:A.example, DNS:*.B.example', ['a.example', '*.b.example']],
    ['IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1', ['127.0.0.1', '[::1]']],
    ['DNS:a.example, DNS:a.example', ['a.example']],
    ['DNS:"a.example, DNS:evil.example"', []],
    ['DNS:f*.example, DNS:*, DNS:a.*.example, DNS:**.example', []],
    ['email:a@example, URI:https://a.example, DNS:b', ['b']],
  ]
  for (const [text, names] of rows) t.same(namesOf(text), names, String(text))
})

void t.test('a star stands for one whole label', async (t) => {
  for (const [host, covered] of [
    ['x.b.example', true],
    ['b.example', false],
    ['x.y.b.example', false],
    ['.b.example', false],
  ] as const)
    t.equal(covers(['*.b.example'], host), covered, host)
  const choose = chooserOf([{ names: ['*.b.example'] }, { names: ['k.example', 'x.b.example'] }])
  t.same(['x.b.example', 'y.b.example', 'X.B.EXAMPLE.', '\u212a.example', 'y.b.example\0', '', '.'.repeat(300)].map(choose), [
    1,
    0,
    1,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

void t.test('server names on the wire', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const [usual, a, wild] = await Promise.all([
    workshop.issue('usual', { names: ['DNS:usual.test'] }),
    workshop.issue('a', { names: ['DNS:a.example', 'DNS:k.example', 'IP:127.0.0.1'] }),
    workshop.issue('wild', { names: ['DNS:*.wild.example'] }),
  ])
  const { address, edge, close } = await startSecureEdge([secureListener([usual, a, wild])])
  t.teardown(async () => {
    await close()
    await workshop.remove()
  })

  const host = (name: string): Buffer[] => [nameEntry(Buffer.from(name))]
  const hellos = [
    { name: 'no name', entries: [], is: /usual/ },
    { name: 'upper case', entries: host('A.EXAMPLE'), is: /^a$/ },
    { name: 'a final dot', entries: host('a.example.'), is: /^a$/ },
    { name: 'a wildcard', entries: host('x.wild.example'), is: /^wild$/ },
    { name: 'a star', entries: host('*.wild.example'), is: /^(wild|usual)$/ },
    { name: 'an empty name', entries: host(''), is: /usual|alert/ },
    { name: 'an empty list', entries: [Buffer.alloc(0)], is: /usual|alert/ },
    { name: '255 bytes', entries: host('a'.repeat(255)), is: /usual|alert/ },
    { name: '256 bytes', entries: host('a'.repeat(256)), is: /usual|alert/ },
    { name: '10,000 bytes', entries: host('a'.repeat(10_000)), is: /usual|alert/ },
    { name: 'a NUL inside', entries: host('a.example\0.evil.example'), is: /usual|alert/ },
    { name: 'a NUL at the end', entries: host('a.example\0'), is: /usual|alert/ },
    { name: 'an ideographic dot', entries: host('a\u3002example'), is: /usual/ },
    { name: 'a letter that lower-cases to k', entries: host('\u212a.example'), is: /usual/ },
    { name: 'bytes that are no UTF-8', entries: [nameEntry(Buffer.from([0xff, 0xfe, 0x80]))], is: /usual/ },
    { name: 'control characters', entries: host('a.example\r\nX: y'), is: /usual/ },
    { name: 'an IPv4 literal', entries: host('127.0.0.1'), is: /^(a|usual)$/ },
    { name: 'an IPv6 literal', entries: host('::1'), is: /usual/ },
    { name: 'dots alone', entries: host('....'), is: /usual/ },
    { name: '__proto__', entries: host('__proto__'), is: /usual/ },
    { name: 'two names', entries: [...host('a.example'), ...host('x.wild.example')], is: /^a$|usual|alert/ },
    { name: 'another type of name', entries: [nameEntry(Buffer.from('a.example'), 7)], is: /usual|alert/ },
  ]
  for (const { name, entries, is } of hellos) void t.test(`E24 ${name}`, async (t) => t.match(await greeted(address, clientHello(entries)), is))

  void t.test(`E24 ${unknownNames} unknown names get the first certificate, and the edge lives on`, async (t) => {
    const got = new Map<string, number>()
    const names = Array.from({ length: unknownNames }, (_, index) => `n${index}.unknown.example`)
    await inParallel(names, 32, async (name) => {
      const answer = await greeted(address, clientHello(host(name)))
      got.set(answer, (got.get(answer) ?? 0) + 1)
    })
    t.same([...got], [['usual', unknownNames]])
    t.equal(await presented(address, { servername: 'a.example' }), 'DNS:a.example')
    t.same(edge.errors, [])
  })

  const requests = [
    { asked: 'a.example', host: 'a.example', status: 200 },
    { asked: 'a.example', host: 'A.EXAMPLE.:8443', status: 200 },
    { asked: 'a.example', host: 'k.example', status: 200, why: 'the same certificate is for both' },
    { asked: 'a.example', host: 'x.wild.example', status: 421 },
    { asked: 'x.wild.example', host: 'y.wild.example', status: 200, why: 'the wildcard is for both' },
    { asked: 'x.wild.example', host: 'a.example', status: 421 },
    { asked: 'unknown.example', host: 'a.example', status: 421 },
    { asked: 'unknown.example', host: 'unknown.example', status: 200, why: 'no certificate is for it' },
    { asked: 'a.example', host: 'unknown.example', status: 200, why: 'no certificate is for it' },
    { asked: 'a.example', host: '127.0.0.1', status: 200, why: 'the certificate is for the address too' },
    { asked: 'x.wild.example', host: '127.0.0.1:80', status: 421 },
    { asked: '', host: 'a.example', status: 200, why: 'nothing was asked for' },
  ]
  for (const { asked, host, status, why = '' } of requests)
    void t.test(`E24 a request for ${host} on a connection for ${asked === '' ? 'nobody' : asked} is ${status} ${why}`, async (t) => {
      const client = await openSecure(address, { servername: asked })
      client.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      await client.until(() => answersOf(client, ['GET']).length === 1, 5_000)
      t.same(answersOf(client, ['GET']).map(statusOf), [status])
      client.socket.destroy()
    })

  void t.test('E24 a connection that was asked the wrong thing goes on', async (t) => {
    const client = await openSecure(address, { servername: 'a.example' })
    for (const name of ['a.example', 'x.wild.example', 'a.example']) client.write(`GET / HTTP/1.1\r\nHost: ${name}\r\n\r\n`)
    await client.until(() => answersOf(client, ['GET', 'GET', 'GET']).length === 3, 5_000)
    t.same(answersOf(client, ['GET', 'GET', 'GET']).map(statusOf), [200, 421, 200])
    client.socket.destroy()
  })
})

/** What the server says to a ClientHello: the name of the certificate, `alert N`, or `nothing`. */
async function greeted(address: Address, hello: Buffer): Promise<string> {
  const client = await openClient(address)
  client.socket.write(hello)
  const found = (): string | undefined => {
    if (client.text.startsWith('\x15')) return `alert ${client.text.charCodeAt(6)}`
    return ['usual.test', 'k.example', '*.wild.example'].find((name) => client.text.includes(name))
  }
  await client.until(() => found() !== undefined || client.end !== 'open', 5_000)
  client.socket.destroy()
  const name = found()
  return name === 'usual.test' ? 'usual' : name === 'k.example' ? 'a' : name === '*.wild.example' ? 'wild' : (name ?? 'nothing')
}
