// TLS listeners: which certificate, which protocol, and that HTTP over them is what it is in the clear.
import t from 'tap'
import { lacks } from '../../needs.ts'
import { answersOf, ask, openClient } from '../http/client.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { fieldOf, statusOf } from '../http/message.ts'
import { openWorkshop } from './certificates.ts'
import { askSecure, openSecure, presented } from './client.ts'
import { secureListener, startSecureEdge } from './start.ts'

t.setTimeout(fileDeadlineMs)
void t.test('TLS listeners', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const [first, wild, other] = await Promise.all([
    workshop.issue('first', { names: ['DNS:a', 'DNS:a.example', 'IP:127.0.0.1'] }),
    workshop.issue('wild', { names: ['DNS:*.wild.example', 'DNS:exact.wild.example'], kind: 'rsa' }),
    workshop.issue('other', { names: ['DNS:b', 'DNS:b.example', 'DNS:Under.Wild.Example'] }),
  ])
  const redirect = { address: { host: '127.0.0.1', port: 0 }, redirectPort: 443 }
  const elsewhere = { ...redirect, redirectPort: 8443 }
  const secured = secureListener([first, wild, other])
  const strict = secureListener([first], { minVersion: '1.3', hstsSeconds: 31_536_000 })
  const { edge, address, stable, canary, close } = await startSecureEdge([secured, redirect, elsewhere, strict], {
    timeouts: { requestHeadMs: 1_500 },
  })
  t.teardown(async () => {
    await close()
    await workshop.remove()
  })
  const get = (host: string, target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`

  const choices = [
    { asked: 'a.example', gets: 'DNS:a' },
    { asked: 'A.Example', gets: 'DNS:a' },
    { asked: 'b.example', gets: 'DNS:b' },
    { asked: 'x.wild.example', gets: 'DNS:*.wild.example' },
    { asked: 'exact.wild.example', gets: 'DNS:*.wild.example' },
    { asked: 'under.wild.example', gets: 'DNS:b' },
    { asked: 'x.y.wild.example', gets: 'DNS:a' },
    { asked: 'wild.example', gets: 'DNS:a' },
    { asked: 'unknown.example', gets: 'DNS:a' },
    { asked: '', gets: 'DNS:a' },
  ]
  for (const { asked, gets } of choices)
    void t.test(`the certificate for ${asked === '' ? 'no name' : asked} is ${gets}`, async (t) => {
      t.equal(await presented(address, { servername: asked }), gets)
      t.equal(await presented(address, { servername: asked, maxVersion: 'TLSv1.2' }), gets, 'TLS 1.2')
    })

  const protocols = [
    { name: 'TLS 1.1', options: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, is: /ALERT_PROTOCOL_VERSION/ },
    { name: 'a cipher without forward secrecy', options: { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }, is: /HANDSHAKE_FAILURE/ },
    { name: 'a cipher that is not authenticated', options: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }, is: /HANDSHAKE_FAILURE/ },
    { name: 'h2 alone', options: { ALPNProtocols: ['h2'] }, is: /NO_APPLICATION_PROTOCOL/ },
    { name: 'h2 and http/1.1', options: { ALPNProtocols: ['h2', 'http/1.1'] }, is: /^DNS:a$/ },
    { name: 'no ALPN', options: { ALPNProtocols: undefined }, is: /^DNS:a$/ },
    { name: 'TLS 1.2', options: { maxVersion: 'TLSv1.2' }, is: /^DNS:a$/ },
    { name: 'TLS 1.3', options: { minVersion: 'TLSv1.3' }, is: /^DNS:a$/ },
  ] as const
  for (const { name, options, is } of protocols)
    void t.test(`a client with ${name}`, async (t) => t.match(await presented(address, options as object), is))

  void t.test('minVersion 1.3 refuses TLS 1.2', async (t) => {
    const only13 = edge.addresses[3]!
    t.match(await presented(only13, { maxVersion: 'TLSv1.2' }), /ALERT_PROTOCOL_VERSION/)
    t.equal(await presented(only13), 'DNS:a')
  })

  void t.test('upstreams are told that the request came by https', async (t) => {
    stable.forget()
    const response = await askSecure(address, get('a', '/n0000001'))
    t.equal(response === undefined ? 0 : statusOf(response), 200)
    const { request } = stable.received.get('n0000001')![0]!
    t.equal(fieldOf(request, 'x-forwarded-proto'), 'https')
    t.match(fieldOf(request, 'forwarded'), /proto=https/)
    t.equal(fieldOf(response!, 'strict-transport-security'), undefined)
  })

  void t.test('hsts is in every response of its listener', async (t) => {
    for (const host of ['a', 'a b']) {
      const response = await askSecure(edge.addresses[3]!, get(host))
      t.equal(fieldOf(response!, 'strict-transport-security'), 'max-age=31536000', response!.startLine)
    }
  })

  void t.test('kept connections, requests sent ahead, and bodies both ways', async (t) => {
    const client = await openSecure(address)
    const post = (n: number, body: string): string => `POST /n100000${n} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    client.write(post(1, 'one') + get('b', '/n1000002') + post(3, 'three'))
    const methods = ['POST', 'GET', 'POST', 'GET']
    t.ok(await client.until(() => answersOf(client, methods).length === 3, 5_000), 'three answers, in order')
    t.same(
      answersOf(client, methods).map(({ body }) => body.trim().split(/\s/)[0]),
      ['stable', 'canary', 'stable'].map((name) => name),
    )
    client.write(get('a', '/n1000004'))
    t.ok(await client.until(() => answersOf(client, methods).length === 4, 5_000), 'and a fourth')
    t.equal(stable.received.get('n1000003')![0]!.request.body, 'three')
    client.socket.destroy()
  })

  void t.test('a large answer waits for a client that does not read, then comes whole', async (t) => {
    const size = 24 * 1024 * 1024
    let written = 0
    stable.scripts.set('n2000001', {
      when: 'complete',
      run: ({ connection }) => {
        connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        const chunk = Buffer.alloc(65_536, 'x')
        const more = (): void => {
          while (written < size) {
            written += chunk.length
            if (!connection.socket.write(chunk)) {
              connection.socket.once('drain', more)
              return
            }
          }
        }
        more()
      },
    })
    const client = await openSecure(address)
    client.socket.pause()
    client.write(get('a', '/n2000001'))
    let before = -1
    while (before !== written || written === 0) {
      before = written
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    t.ok(written < size, `held back after ${written} of ${size} bytes`)
    let received = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (text: string) => {
      received += text.length
    })
    client.socket.resume()
    t.ok((await client.until(() => client.end !== 'open' || received >= size, 10_000)) || received >= size)
    client.socket.destroy()
  })

  void t.test('a large request waits for an upstream that does not read, then arrives whole', async (t) => {
    const size = 8 * 1024 * 1024
    const client = await openSecure(address)
    client.write(`POST /n2000002 HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
    const body = Buffer.alloc(size, 'y')
    client.socket.write(body)
    t.ok(await client.until(() => answersOf(client, ['POST']).length === 1, 15_000))
    t.equal(stable.received.get('n2000002')![0]!.request.body.length, size)
    client.socket.destroy()
  })

  void t.test('a broken-off answer is broken off for the client too', async (t) => {
    stable.scripts.set('n3000001', {
      when: 'complete',
      run: ({ connection }) => {
        connection.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf', () => connection.socket.resetAndDestroy())
      },
    })
    const client = await openSecure(address)
    client.write(get('a', '/n3000001'))
    t.ok(await client.until(() => client.end !== 'open', 5_000))
    t.equal(client.end, 'reset')
  })

  void t.test('R78 HTTP on the TLS port, and bytes at random: closed, counted, told once in 10 s, nobody else disturbed', async (t) => {
    const kept = await openSecure(address)
    for (const bytes of [get('a'), 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x00\x05hello', 'x'.repeat(65_536)]) {
      const client = await openClient(address)
      client.write(bytes)
      t.ok(await client.until(() => client.end !== 'open', 5_000), JSON.stringify(bytes.slice(0, 20)))
      t.notMatch(client.text, /HTTP\/1/)
    }
    const silent = await openClient(address)
    silent.write('\x16\x03')
    t.ok(await silent.until(() => silent.end !== 'open', 5_000), 'a handshake that stops is cut off at the deadline of a head')
    kept.write(get('a'))
    t.ok(await kept.until(() => answersOf(kept, ['GET']).length === 1 || kept.end !== 'open', 5_000))
    kept.socket.destroy()
    const lines = edge.warnings.filter((line) => line.includes('TLS handshake failed'))
    t.ok(lines.length >= 1 && lines.length <= 1 + performance.now() / 10_000, lines.join('\n'))
    const metrics = await ask(edge.admin, 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    t.match(metrics!.body, /spillway_edge_tls_handshakes_total [1-9]/)
    t.match(metrics!.body, /spillway_edge_tls_handshake_failures_total [1-9]/)
    t.match(metrics!.body, /spillway_edge_tls_certificate_expiry_timestamp_seconds\{file=".*first\.crt"\} \d/)
    t.notMatch(metrics!.body, /PRIVATE/)
  })

  const redirects = [
    { at: 1, request: get('shop.example', '/a?b=c'), to: 'https://shop.example/a?b=c' },
    { at: 1, request: get('Shop.Example.:8080', '/'), to: 'https://shop.example/' },
    { at: 2, request: get('shop.example:80', '/x'), to: 'https://shop.example:8443/x' },
    { at: 2, request: get('[::1]:80', '/x'), to: 'https://[::1]:8443/x' },
    { at: 1, request: 'GET http://other.example/y HTTP/1.1\r\nHost: shop.example\r\n\r\n', to: 'https://other.example/y' },
    { at: 1, request: 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', to: 'https://a/' },
    { at: 1, request: 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi', to: 'https://a/p' },
    { at: 1, request: 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', to: undefined },
  ]
  for (const { at, request, to } of redirects)
    void t.test(`a redirect of ${JSON.stringify(request.slice(0, 60))} leads to ${to ?? 'nowhere'}`, async (t) => {
      stable.forget()
      const response = await ask(edge.addresses[at]!, request)
      t.equal(statusOf(response!), to === undefined ? 400 : 308)
      t.equal(fieldOf(response!, 'location'), to)
      t.equal(stable.received.size + canary.received.size > 0 && [...stable.received.keys()].length > 0, false, 'no service is asked')
    })

  void t.test('a redirected connection is kept', async (t) => {
    const client = await openClient(edge.addresses[1]!)
    client.write(get('a', '/1') + get('a', '/2'))
    t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === 2, 5_000))
    t.same(
      answersOf(client, ['GET', 'GET']).map((response) => fieldOf(response, 'location')),
      ['https://a/1', 'https://a/2'],
    )
    t.equal(client.end, 'open')
    client.socket.destroy()
  })

  void t.test('nothing was logged as an error', async (t) => t.same(edge.errors, []))
})
