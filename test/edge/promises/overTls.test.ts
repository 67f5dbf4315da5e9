// What TLS changes for clients that come back: their cookie says Secure, and tickets of a key that is gone cost a handshake, never a request.
import { createServer } from 'node:net'
import { TLSSocket } from 'node:tls'
import t from 'tap'
import type { EdgeConfig } from '../../../src/edge/config.ts'
import { openLane } from '../../../src/edge/lane.ts'
import { openCertificates } from '../../../src/edge/tls/certificates.ts'
import { ContextStore } from '../../../src/edge/tls/contexts.ts'
import { lacks } from '../../needs.ts'
import { ask } from '../http/client.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { fieldOf } from '../http/message.ts'
import { openWorkshop } from '../tls/certificates.ts'
import { askSecure, openSecure } from '../tls/client.ts'
import { secureListener, startSecureEdge } from '../tls/start.ts'

t.setTimeout(fileDeadlineMs)

t.test('returning clients over TLS', { skip: lacks('openssl') }, async (t) => {
  const workshop = await openWorkshop()
  const files = await workshop.issue('here', { names: ['DNS:here.example'] })
  t.teardown(() => workshop.remove())

  await t.test('the sticky cookie is Secure where it was given over TLS, and counts on both listeners', async (t) => {
    const listeners = [secureListener([files]), { address: { host: '127.0.0.1', port: 0 } }]
    const { edge, stable, canary, close } = await startSecureEdge(listeners)
    t.teardown(close)
    const sticky = (secure: 'auto' | 'always' | 'never'): void =>
      edge.apply({
        routing: {
          routes: [{ path: '/', pathType: 'Prefix', split: 'shop' }],
          splits: [
            {
              name: 'shop',
              totalWeight: 100,
              backends: [backend('stable', 50, stable), backend('canary', 50, canary)],
              routes: [],
              stickiness: { kind: 'cookie', name: 'spillway', ttlMs: 3_600_000, path: '/', sameSite: 'Lax', secure, newSessionsOnly: false },
              fallback: { kind: 'none' },
            },
          ],
        },
      })
    const [secured, clear] = [edge.addresses[0]!, edge.addresses[1]!]
    const get = (fields = ''): string => `GET / HTTP/1.1\r\nHost: here.example\r\n${fields}\r\n`
    const attributes = (cookie: string | undefined): string | undefined => cookie?.replace(/^[^;]*; /, '')
    const base = 'Path=/; Max-Age=3600; HttpOnly; SameSite=Lax'
    for (const [secure, overTls, overClear] of [
      ['auto', `${base}; Secure`, base],
      ['always', `${base}; Secure`, `${base}; Secure`],
      ['never', base, base],
    ] as const) {
      sticky(secure)
      const given = async (): Promise<string | undefined> =>
        attributes(fieldOf((await ask(clear, get('X-Forwarded-Proto: https\r\n')))!, 'set-cookie'))
      for (const until = performance.now() + 5_000; (await given()) !== overClear && performance.now() < until; );
      t.equal(await given(), overClear, `${secure}, in clear: whatever the client says of itself`)
      const first = (await askSecure(secured, get()))!
      const cookie = fieldOf(first, 'set-cookie')
      t.equal(attributes(cookie), overTls, `${secure}, over TLS`)
      const pair = `Cookie: ${cookie?.split(';')[0]}\r\n`
      for (let times = 0; times < 4; times++) {
        t.equal((await askSecure(secured, get(pair)))?.body, first.body, 'stays with its version')
        t.equal((await ask(clear, get(pair)))?.body, first.body, 'on the other listener too')
      }
    }
  })

  await t.test('ticket keys that are renewed: a session of the old ones ends in a whole handshake', async (t) => {
    const config: Pick<EdgeConfig, 'listeners'> = { listeners: [secureListener([files])] }
    const tls = config.listeners[0]!.tls!
    const renewed = Promise.withResolvers<void>()
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const certificates = openCertificates({ lane: openLane(), log, onRenewed: async () => renewed.resolve(), times: { ticketKeysMs: 3_000 } })
    t.same(await certificates.prepare(config), [])
    certificates.commit(config)
    const store = new ContextStore()
    const contextNow = () => store.renew([tls], certificates.materialFor(config)!)[0]!.usual.context
    let context = contextNow()
    const server = createServer((raw) => {
      const socket = new TLSSocket(raw, { isServer: true, secureContext: context, ALPNProtocols: ['http/1.1'] })
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
      socket.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const bound = server.address()
    const address = { host: '127.0.0.1', port: typeof bound === 'object' && bound !== null ? bound.port : 0 }
    t.teardown(() => {
      certificates.close()
      server.close()
    })

    async function visit(session?: Buffer): Promise<{ resumed: boolean; session: Buffer }> {
      const client = await openSecure(address, { maxVersion: 'TLSv1.2', ...(session && { session }) })
      client.write('GET / HTTP/1.1\r\nHost: here.example\r\n\r\n')
      t.ok(await client.until(() => client.text.startsWith('HTTP/1.1 200'), 5_000), 'answered')
      const outcome = { resumed: client.secured.isSessionReused(), session: client.secured.getSession()! }
      client.socket.destroy()
      return outcome
    }
    const first = await visit()
    t.ok((await visit(first.session)).resumed, 'resumed while the keys stand')
    await renewed.promise
    context = contextNow()
    const after = await visit(first.session)
    t.notOk(after.resumed, 'the old key opens nothing any more')
    t.ok((await visit(after.session)).resumed, 'the new one does')
  })
})
