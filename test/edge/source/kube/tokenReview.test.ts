// Tokens of a sandbox's accounts, as an edge judges them.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Authenticate } from '../../../../src/edge/admin/guard.ts'
import { openTokenReviewer } from '../../../../src/edge/source/kube/tokenReview.ts'
import { type KubeClient, openClient } from '../../../../src/kube/client.ts'
import { openConnection } from '../../../../src/kube/connection.ts'
import type { Resource } from '../../../../src/kube/resource.ts'
import { openTransport } from '../../../../src/kube/transport.ts'
import { writeKubeconfig } from '../../../../src/sandbox/apiserver/auth/kubeconfig.ts'
import { type ApiServer, startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { call } from '../../admin/stubEdge.ts'
import { startEdge } from '../../http/edge.ts'

const serviceAccounts: Resource = { group: '', version: 'v1', name: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }
const controller = 'system:serviceaccount:default:controller'

type Scene = {
  readonly server: ApiServer
  readonly log: string[]
  /** As the API server sees it. */
  moveClock(ms: number): void
  client(token?: string): Promise<KubeClient>
  account(name: string): Promise<void>
  token(account: string, audiences: readonly string[]): string
  reviewer(client: KubeClient, change?: Partial<Parameters<typeof openTokenReviewer>[0]>): Authenticate
}

async function startScene(t: Test): Promise<Scene> {
  let offsetMs = 0
  const server = await startApiServer({ nowMs: () => Date.now() + offsetMs })
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'))
  const closers: (() => Promise<void>)[] = []
  const log: string[] = []
  const write = (message: string, fields?: object): void => void log.push(`${message} ${JSON.stringify(fields ?? {})}`)
  t.teardown(async () => {
    await Promise.all(closers.map((close) => close()))
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  const scene: Scene = {
    server,
    log,
    moveClock(ms) {
      offsetMs += ms
    },
    async client(token = server.adminToken) {
      const path = join(folder, `kubeconfig${closers.length}`)
      writeKubeconfig(path, { url: server.url, caPem: server.caPem, token })
      const transport = openTransport(await openConnection({ kind: 'file', path }, {}))
      closers.push(() => transport.close())
      return openClient(transport)
    },
    async account(name) {
      await (await scene.client()).create(serviceAccounts, { metadata: { namespace: 'default', name } })
    },
    token: (name, audiences) => server.mintToken({ namespace: 'default', name }, { audiences }),
    reviewer: (client, change = {}) =>
      openTokenReviewer({
        client,
        audience: 'spillway-edge',
        usernames: [controller],
        log: { info: write, warn: write, error: write },
        ...change,
      }),
  }
  await scene.account('controller')
  await scene.account('other')
  return scene
}

t.test('only a token for edges, of an account that is trusted, is let in', async (t) => {
  const scene = await startScene(t)
  const { token } = scene
  const client = await scene.client()
  const check = scene.reviewer(client)
  const api = 'https://kubernetes.default.svc'
  const rows: readonly (readonly [name: string, token: string, kind: string])[] = [
    ['of the controller, for edges', token('controller', ['spillway-edge']), 'trusted'],
    ['of the controller, for edges among others', token('controller', ['else', 'spillway-edge']), 'trusted'],
    ['of the controller, for the API server', token('controller', [api]), 'unauthenticated'],
    ['of the controller, for somebody else', token('controller', ['spillway-edges']), 'unauthenticated'],
    ['of another account, for edges', token('other', ['spillway-edge']), 'forbidden'],
    ['of the administrator', scene.server.adminToken, 'forbidden'],
    ['nobody knows', 'nonsense', 'unauthenticated'],
    ['with another signature', token('controller', ['spillway-edge']).replace(/[^.]+$/, 'AAAA'), 'unauthenticated'],
  ]
  for (const [name, given, kind] of rows) t.equal((await check(given)).kind, kind, `a token ${name}: ${kind}`)
  t.equal((await scene.reviewer(client, { usernames: [] })(token('controller', ['spillway-edge']))).kind, 'forbidden', 'nobody is trusted by default')
  for (const [, given] of rows)
    t.notOk(
      scene.log.some((line) => line.includes(given)),
      'no token in the log',
    )
})

t.test('a token ends with its time and with its account', async (t) => {
  const scene = await startScene(t)
  let nowMs = 0
  const check = scene.reviewer(await scene.client(), { now: () => nowMs })
  const first = scene.token('controller', ['spillway-edge'])
  t.equal((await check(first)).kind, 'trusted')
  scene.moveClock(3_700_000)
  nowMs = 9_999
  t.equal((await check(first)).kind, 'trusted', 'what was learnt a moment ago holds for a moment')
  nowMs = 10_001
  t.equal((await check(first)).kind, 'unauthenticated', 'expired')
  const second = scene.token('controller', ['spillway-edge'])
  t.equal((await check(second)).kind, 'trusted')
  await (await scene.client()).delete(serviceAccounts, { namespace: 'default', name: 'controller' })
  nowMs = 30_000
  t.equal((await check(second)).kind, 'unauthenticated', 'the account is gone')
})

t.test('without an answer nobody is let in, and that is not kept', async (t) => {
  const scene = await startScene(t)
  const mine = scene.token('controller', ['spillway-edge'])
  const poor = scene.reviewer(await scene.client(scene.token('other', ['https://kubernetes.default.svc'])))
  t.match(await poor(mine), { kind: 'unavailable', detail: /HTTP 40[13]/ }, 'this edge may not ask')
  const check = scene.reviewer(await scene.client())
  const fault = scene.server.faults.add({ match: { resource: 'tokenreviews.authentication.k8s.io' }, effect: { kind: 'delay', ms: 3_200 } })
  const startMs = performance.now()
  t.match(await check(mine), { kind: 'unavailable', detail: /noAnswer/ })
  t.ok(performance.now() - startMs < 5_000, 'in time')
  scene.server.faults.remove(fault)
  t.equal((await check(mine)).kind, 'trusted', 'once it answers')
  t.equal(scene.log.filter((line) => line.startsWith('tokens of the admin API cannot be checked')).length, 2, 'told once by each')
  await scene.server.stop()
  t.match(await scene.reviewer(await scene.client())(mine), { kind: 'unavailable' }, 'the API server is gone')
  t.notOk(scene.log.join(' ').includes(mine))
})

t.test('the same question is asked once; too many are not asked', async (t) => {
  let asked = 0
  const release: (() => void)[] = []
  const create = async <T>(_: unknown, object: T): Promise<T> => {
    asked++
    await new Promise<void>((resolve) => release.push(resolve))
    return { ...object, status: { authenticated: true, audiences: ['spillway-edge'], user: { username: controller } } }
  }
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const check = openTokenReviewer({ client: { create }, audience: 'spillway-edge', usernames: [controller], log })
  const same = Array.from({ length: 100 }, () => check('one'))
  t.equal(asked, 1)
  const others = Array.from({ length: 100 }, (_, i) => check(`other${i}`))
  t.equal(asked, 8, 'at the same time')
  t.equal((await Promise.all(others.slice(7))).filter(({ kind }) => kind === 'unavailable').length, 93)
  for (const each of release) each()
  t.ok((await Promise.all([...same, ...others.slice(0, 7)])).every(({ kind }) => kind === 'trusted'))
  t.equal((await check('one')).kind, 'trusted')
  t.equal(asked, 8)
})

t.test('a server that knows of no audiences lets nobody in', async (t) => {
  const create = async <T>(_: unknown, object: T): Promise<T> => ({ ...object, status: { authenticated: true, user: { username: controller } } })
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const check = openTokenReviewer({ client: { create }, audience: 'spillway-edge', usernames: [controller], log })
  t.equal((await check('token')).kind, 'unauthenticated')
})

t.test('an edge in a cluster asks everybody for a token, and its weights are set elsewhere', async (t) => {
  const scene = await startScene(t)
  const split = {
    name: 'shop',
    totalWeight: 1,
    backends: [{ name: 'v1', weight: 1, endpoints: [] }],
    routes: [],
    fallback: { kind: 'none' as const },
  }
  const edge = await startEdge({ routing: { routes: [], splits: [split] }, trafficSplits: [] }, 1, {
    authenticate: scene.reviewer(await scene.client()),
  })
  t.teardown(() => edge.close())
  const ask = async (path: string, token?: string, method = 'GET'): Promise<number> => {
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), 'content-type': 'application/json', 'if-match': '*' }
    const body = method === 'PATCH' ? { body: '{"weights":{"v1":1}}' } : {}
    return (await call(`http://127.0.0.1:${edge.admin.port}`, path, { method, headers, ...body })).status
  }
  const trusted = scene.token('controller', ['spillway-edge'])
  t.equal(await ask('/readyz'), 200, 'probes need none')
  t.equal(await ask('/metrics'), 200)
  t.equal(await ask('/v1/splits'), 401, 'loopback or not')
  t.equal(await ask('/v1/splits', 'nonsense'), 401)
  t.equal(await ask('/v1/splits', scene.token('other', ['spillway-edge'])), 403)
  t.equal(await ask('/v1/splits', trusted), 200)
  t.equal(await ask('/v1/reports', trusted, 'HEAD'), 200)
  t.equal(await ask('/v1/splits/shop', trusted, 'PATCH'), 403)
  await scene.server.stop()
  t.equal(await ask('/v1/splits', scene.token('controller', ['spillway-edge', 'another'])), 503, 'nobody can say of whom it is')
  t.strictSame([...edge.errors, ...edge.warnings], [])
})
