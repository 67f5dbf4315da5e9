// Promise C7: what the client does about a server that is busy, failing, or that no longer believes it.
import { getEventListeners } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type KubeClient, openClient } from '../../src/kube/client.ts'
import { type Connection, openConnection } from '../../src/kube/connection.ts'
import { isKubeError, KubeError } from '../../src/kube/errors.ts'
import type { Rate } from '../../src/kube/rateLimit.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { type ApiServer, failWith, startApiServer, things } from './apiServer.ts'

const fast: Rate = { perSecond: 10_000, burst: 10_000 }
const ref = { namespace: 'default', name: 'a' }

type Scene = { readonly server: ApiServer; readonly client: KubeClient }

async function scene(
  t: Test,
  rate = fast,
  connect: (server: ApiServer) => Promise<Connection> = async ({ connection }) => connection,
): Promise<Scene> {
  const server = await startApiServer()
  const transport = openTransport(await connect(server))
  t.teardown(async () => {
    await transport.close()
    await server.close()
  })
  return { server, client: openClient(transport, rate) }
}

async function errorOf(work: Promise<unknown>): Promise<KubeError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  )
  if (error instanceof KubeError) return error
  throw error
}

t.test('C7 who is told to come back later comes back then, and not before', async (t) => {
  for (const status of [429, 503]) {
    const { server, client } = await scene(t)
    const at: number[] = []
    server.intercept((_, response) => {
      at.push(performance.now())
      return at.length < 3 && failWith(response, status, { 'Retry-After': '1' })
    })
    await client.create(things, { metadata: ref })
    t.equal(at.length, 3, `a write too is sent again after ${status}, for it was not processed`)
    for (const i of [1, 2]) t.ok(at[i]! - at[i - 1]! >= 999, `${Math.round(at[i]! - at[i - 1]!)} ms`)
  }
})

t.test('C7 a wait that is longer than there is time fails at once, with what the server said', async (t) => {
  const { server, client } = await scene(t)
  server.intercept((_, response) => failWith(response, 429, { 'Retry-After': '60' }))
  const startedMs = performance.now()
  const error = await errorOf(client.list(things, { timeoutMs: 5_000 }))
  t.match(error, { kind: 'tooManyRequests', retryAfterMs: 60_000, message: /injected/ })
  t.ok(performance.now() - startedMs < 1_000)
})

t.test('C7 reads are sent again after failures; a write that may have taken effect is not', async (t) => {
  const { server, client } = await scene(t)
  let asked = 0
  let failures = 0
  server.intercept((_, response) => {
    if (asked++ >= failures) return false
    if (asked === 1) return failWith(response, 500)
    if (asked === 2) response.writeHead(200).end('<html>')
    else response.destroy()
    return true
  })
  failures = 3
  t.strictSame((await client.list(things)).items, [])
  t.equal(asked, 4)
  for (const [nth, kind] of [
    [0, 'unavailable'],
    [2, 'noAnswer'],
  ] as const) {
    asked = nth
    t.equal((await errorOf(client.create(things, { metadata: ref }))).kind, kind)
    t.equal(asked, nth + 1)
  }
  asked = 0
  t.equal((await errorOf(client.list(things, { once: true }))).kind, 'unavailable')
  t.equal(asked, 1, 'nor where the caller asked for one attempt')
})

t.test('C7 a server that hangs is given up on in time', async (t) => {
  const { server, client } = await scene(t)
  server.intercept(() => true)
  const startedMs = performance.now()
  t.match(await errorOf(client.list(things, { timeoutMs: 100 })), { kind: 'noAnswer', message: /no answer within 100 ms/ })
  t.ok(performance.now() - startedMs < 2_000)
})

t.test('C7 a token that was replaced on disk is taken up at once when the old one is refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const token = join(folder, 'token')
  const write = (text: string): void => writeFileSync(token, text)
  const accepted = { token: 'first' }
  const { server, client } = await scene(t, fast, async ({ connection }) => {
    const path = join(folder, 'config')
    write('first')
    writeFileSync(
      path,
      JSON.stringify({
        'current-context': 'x',
        clusters: [{ name: 'c', cluster: { server: connection.server } }],
        users: [{ name: 'u', user: { tokenFile: 'token' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      }),
    )
    return await openConnection({ kind: 'file', path }, process.env)
  })
  const isAccepted = ({ headers }: IncomingMessage): boolean => headers.authorization === `Bearer ${accepted.token}`
  server.intercept((request, response) => !isAccepted(request) && failWith(response, 401))
  await client.list(things)
  accepted.token = 'second'
  write('second')
  await client.list(things, { once: true })
  t.equal(server.asked.length, 3, 'one is refused, and the next goes through')
  accepted.token = 'third'
  write('third')
  await client.create(things, { metadata: ref }, { once: true })
  const before = server.asked.length
  accepted.token = 'unknown'
  const error = await errorOf(client.list(things))
  t.match(error, { kind: 'unauthorized', status: 401, message: /credentials are not valid/ })
  t.notMatch(error.message, /third/)
  t.equal(server.asked.length, before + 1, 'the same token is not tried again')
})

t.test('C7 while the server fails, no more than 40 requests in any second', async (t) => {
  const { server, client } = await scene(t, { perSecond: 40, burst: 80 })
  const at: number[] = []
  server.intercept((_, response) => {
    at.push(performance.now())
    return failWith(response, at.length % 2 === 0 ? 500 : 429, { 'Retry-After': '0' })
  })
  const stop = new AbortController()
  const work = Array.from({ length: 60 }, async () => {
    while (!stop.signal.aborted) await client.list(things, { signal: stop.signal, once: true }).catch(() => undefined)
  })
  await delay(4_000)
  stop.abort()
  await Promise.all(work)
  const after = at.filter((ms) => ms > at[0]! + 100)
  const most = Math.max(...after.map((from) => after.filter((ms) => ms >= from && ms < from + 1_000).length))
  // A machine that pauses sends late what was due before.
  t.ok(most <= 44, `${most} in the busiest second`)
  t.ok(after.length >= 80, 'and no fewer than there may be')
})

t.test('requests that were given up make nobody wait', async (t) => {
  const { client } = await scene(t, { perSecond: 10, burst: 1 })
  await client.list(things)
  const given = Array.from({ length: 50 }, () => client.list(things, { signal: AbortSignal.timeout(20) }).catch(() => undefined))
  await Promise.all(given)
  const startedMs = performance.now()
  await client.list(things)
  t.ok(performance.now() - startedMs < 1_000)
})

t.test('a long-lived signal keeps nothing of the requests that it watched over', async (t) => {
  const { server, client } = await scene(t)
  server.intercept((request, response) => request.url?.includes('fail') === true && failWith(response, 403))
  const stop = new AbortController()
  for (let i = 0; i < 200; i++)
    await client.list(things, { signal: stop.signal, ...(i % 2 === 0 && { labelSelector: 'fail' }) }).catch(() => undefined)
  t.equal(getEventListeners(stop.signal, 'abort').length, 0)
})

t.test('errors say what was denied, and quote nothing that may be secret', async (t) => {
  const { server, client } = await scene(t)
  const message = 'secrets is forbidden: User "shop" cannot list resource "secrets" in API group "" in the namespace "default"'
  const answers: readonly { readonly status: number; readonly body: string; readonly kind: string; readonly says: RegExp }[] = [
    {
      status: 403,
      body: JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message }),
      kind: 'forbidden',
      says: /cannot list resource "secrets"/,
    },
    { status: 404, body: 'not\nfound', kind: 'notFound', says: /GET .*things: HTTP 404: not found/ },
    { status: 409, body: '{"kind":"Status","reason":"AlreadyExists","message":"m"}', kind: 'alreadyExists', says: /m$/ },
    { status: 409, body: '{"kind":"Status","reason":"Conflict","message":"m"}', kind: 'conflict', says: /m$/ },
    { status: 410, body: '{', kind: 'gone', says: /HTTP 410/ },
    { status: 413, body: '', kind: 'badRequest', says: /HTTP 413$/ },
    { status: 200, body: '{"data":"c2VjcmV0"', kind: 'unavailable', says: /an answer of 18 characters that is no JSON$/ },
  ]
  for (const { status, body, kind, says } of answers) {
    server.intercept((_, response) => {
      response.writeHead(status).end(body)
      return true
    })
    const error = await errorOf(client.list(things, { once: true, namespace: 'default' }))
    t.equal(error.kind, kind)
    t.match(error.message, says)
    t.notOk(isKubeError(error.cause))
    t.notMatch(`${error.message} ${String(error.cause ?? '')}`, /c2Vj/)
  }
  await t.rejects(async () => await client.get(things, { namespace: 'default', name: '..' }), { message: /no name of an object/ })
})
