import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isLoopback } from '../../../src/edge/admin/guard.ts'
import { anyPort, type CallOptions, configOf, patch, type StubEdge, splitOf, startStubEdge } from './stubEdge.ts'

const shop = splitOf('shop', { stable: 95, canary: 5 })

async function withEdge(test: (edge: StubEdge) => Promise<void>, config = configOf([shop])): Promise<void> {
  const edge = await startStubEdge(config)
  try {
    await test(edge)
  } finally {
    await edge.end()
  }
}

t.test('paths and methods are strict', (t) =>
  withEdge(async (edge) => {
    const rows: { path: string; method?: string; status: number; allow?: string }[] = [
      { path: '/healthz', status: 200 },
      { path: '/healthz?verbose', status: 200 },
      { path: '/healthz', method: 'HEAD', status: 200 },
      { path: '/readyz', status: 200 },
      { path: '/metrics', status: 200 },
      { path: '/v1/splits', status: 200 },
      { path: '/v1/splits/shop', status: 200 },
      { path: '/v1/splits/sh%6fp', status: 200 },
      { path: '/', status: 404 },
      { path: '/healthz/', status: 404 },
      { path: '/HEALTHZ', status: 404 },
      { path: '//healthz', status: 404 },
      { path: '/v1/', status: 404 },
      { path: '/v1/splits/', status: 404 },
      { path: '/v1/splits/shop/', status: 404 },
      { path: '/v1/splits/%', status: 404 },
      { path: '/v1/splits/nothing', status: 404 },
      { path: '/v1/splits/__proto__', status: 404 },
      { path: '/healthz', method: 'POST', status: 405, allow: 'GET, HEAD' },
      { path: '/metrics', method: 'DELETE', status: 405, allow: 'GET, HEAD' },
      { path: '/v1/splits', method: 'PATCH', status: 405, allow: 'GET, HEAD' },
      { path: '/v1/splits/shop', method: 'PUT', status: 405, allow: 'GET, HEAD, PATCH' },
      { path: '/v1/splits/shop', method: 'OPTIONS', status: 405, allow: 'GET, HEAD, PATCH' },
    ]
    for (const { path, method = 'GET', status, allow } of rows) {
      const reply = await edge.call(path, { method })
      t.equal(reply.status, status, `${method} ${path}: ${status}`)
      t.equal(reply.headers['allow'], allow, `${method} ${path}: Allow`)
      t.equal(reply.headers['cache-control'], 'no-store')
      t.equal(reply.headers['x-content-type-options'], 'nosniff')
    }
  }),
)

t.test('a name that is not loopback is turned away, as is a page of another origin', (t) =>
  withEdge(async (edge) => {
    const { port } = new URL(edge.urls.admin)
    const write = (headers: Record<string, string>): CallOptions => patch({ stable: 80, canary: 20 }, '*', headers)
    const rows: { name: string; path?: string; options: CallOptions; status: number }[] = [
      { name: 'Host of another name', options: { headers: { host: 'evil.example' } }, status: 421 },
      { name: 'Host of another name, this port', options: { headers: { host: `evil.example:${port}` } }, status: 421 },
      { name: 'Host that begins well', options: { headers: { host: '127.0.0.1.evil.example' } }, status: 421 },
      { name: 'Host that ends well', options: { headers: { host: 'evil.localhost.example' } }, status: 421 },
      { name: 'another address', options: { headers: { host: '192.0.2.1' } }, status: 421 },
      { name: 'Host of another name, on a write', options: write({ host: 'evil.example' }), status: 421 },
      { name: 'localhost', options: { headers: { host: 'LocalHost' } }, status: 200 },
      { name: 'localhost with a port', options: { headers: { host: `localhost:${port}` } }, status: 200 },
      { name: 'another loopback address', options: { headers: { host: '127.9.9.9' } }, status: 200 },
      { name: 'IPv6 loopback', options: { headers: { host: `[::1]:${port}` } }, status: 200 },
      { name: 'health is open whatever the name', path: '/healthz', options: { headers: { host: 'pod.example' } }, status: 200 },
      { name: 'metrics too', path: '/metrics', options: { headers: { host: 'pod.example' } }, status: 200 },
      { name: 'write from another origin', options: write({ origin: 'https://evil.example' }), status: 403 },
      { name: 'write from a sandboxed page', options: write({ origin: 'null' }), status: 403 },
      { name: 'write from another port of this machine', options: write({ origin: 'http://127.0.0.1:1' }), status: 403 },
      { name: 'write from its own origin', options: write({ origin: `http://127.0.0.1:${port}` }), status: 200 },
    ]
    for (const { name, path = '/v1/splits/shop', options, status } of rows)
      t.equal((await edge.call(path, options)).status, status, `${name}: ${status}`)
  }),
)

t.test('with a token file, /v1 asks for the token that is in it now', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'spillway-token-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const tokenFile = join(folder, 'token')
  await writeFile(tokenFile, 'first-token\n')
  await withEdge(
    async (edge) => {
      const statusWith = async (authorization?: string): Promise<number> => {
        const reply = await edge.call('/v1/splits', authorization === undefined ? {} : { headers: { authorization } })
        if (reply.status === 401) t.match(reply.headers['www-authenticate'], /^Bearer/)
        return reply.status
      }
      t.equal(await statusWith(), 401, 'none')
      t.equal(await statusWith('Bearer other-token'), 401, 'another')
      t.equal(await statusWith('Bearer first-toke'), 401, 'a part of it')
      t.equal(await statusWith('Bearer '), 401, 'an empty one')
      t.equal(await statusWith(`Basic ${Buffer.from('a:first-token').toString('base64')}`), 401, 'another scheme')
      t.equal(await statusWith('Bearer first-token'), 200)
      t.equal(await statusWith('bearer first-token'), 200, 'schemes have no case')
      t.equal((await edge.call('/healthz')).status, 200, 'health stays open')
      t.equal((await edge.call('/metrics')).status, 200, 'metrics too')
      t.equal((await edge.call('/v1/splits/shop', patch({ stable: 1, canary: 99 }, '*'))).status, 401, 'writes')
      await writeFile(tokenFile, 'second-token')
      t.equal(await statusWith('Bearer first-token'), 401, 'the old one, after a change')
      t.equal(await statusWith('Bearer second-token'), 200, 'the new one')
      await writeFile(tokenFile, '\n')
      t.equal(await statusWith('Bearer '), 503, 'an empty file lets nobody in')
      await rm(tokenFile)
      t.equal(await statusWith('Bearer second-token'), 503, 'nor does one that is gone')
      t.notMatch(edge.log.join('\n'), /-token/, 'no token is in the log')
    },
    configOf([shop], { admin: { address: anyPort, tokenFile } }),
  )
})

t.test('loopback is known in all of its writings', (t) => {
  for (const address of ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1']) t.ok(isLoopback(address), address)
  for (const address of ['', '128.0.0.1', '10.0.0.1', '::', '::2', '::ffff:10.0.0.1', '127.0.0.1.example', '127.1'])
    t.notOk(isLoopback(address), address || 'none')
  t.end()
})

t.test('a client that says nothing, or half of something, is let go', async (t) => {
  // The limits are Node's; this holds that they are set at all.
  await withEdge(async (edge) => {
    const reply = await edge.call('/healthz', { headers: { 'x-long': 'x'.repeat(9_000) } })
    t.equal(reply.status, 431)
  })
})
