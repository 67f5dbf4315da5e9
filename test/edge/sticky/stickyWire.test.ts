// Stickiness on the wire: a real edge, two versions, clients that keep their cookies.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { CookieStickiness, Routing, Split, Stickiness } from '../../../src/core/routing/types.ts'
import { type Address, ask } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { fieldOf, fieldsOf, statusOf } from '../http/message.ts'
import { startOrigin } from '../http/origin.ts'

const stable = await startOrigin('stable')
const canary = await startOrigin('canary')
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await Promise.all([stable.close(), canary.close()])
})

const cookie = (changes: Partial<CookieStickiness> = {}): CookieStickiness => ({
  kind: 'cookie',
  name: 'spillway',
  ttlMs: 3_600_000,
  path: '/',
  sameSite: 'Lax',
  secure: 'auto',
  newSessionsOnly: false,
  ...changes,
})

function routingOf(weight: number, stickiness: Stickiness | undefined, change: Partial<Split> = {}): Routing {
  const split: Split = {
    name: 'shop',
    totalWeight: 100,
    backends: [backend('stable', 100 - weight, stable), backend('canary', weight, canary)],
    routes: [],
    ...(stickiness === undefined ? {} : { stickiness }),
    fallback: { kind: 'none' },
    ...change,
  }
  return { routes: [{ path: '/', pathType: 'Prefix', split: 'shop' }], splits: [split] }
}

async function readAdmin(edge: Edge, path: string): Promise<string> {
  return (await fetch(`http://${edge.admin.host}:${edge.admin.port}${path}`)).text()
}

async function versionOf(edge: Edge): Promise<number> {
  return (JSON.parse(await readAdmin(edge, '/v1/splits')) as { version: number }).version
}

/** Until the edge serves by a later table. */
async function afterChange(edge: Edge, change: () => void | Promise<void>): Promise<void> {
  const before = await versionOf(edge)
  await change()
  for (const endMs = performance.now() + 10_000; (await versionOf(edge)) === before; await delay(5))
    if (performance.now() > endMs) throw new Error('the change did not come')
}

const apply = (edge: Edge, routing: Routing): Promise<void> => afterChange(edge, () => edge.apply({ routing }))

type Visitor = { cookie: string; readonly met: string[]; issued: number }
const visitors = (count: number): Visitor[] => Array.from({ length: count }, () => ({ cookie: '', met: [], issued: 0 }))

/** Each of them asks once, over a few kept connections, and keeps the cookie that it gets. */
async function visit(address: Address, all: readonly Visitor[], connections = 4): Promise<void> {
  const failed = await runLoad({
    address,
    connections,
    requests: all.length,
    deadlineMs: 5_000,
    request: (i) => `GET / HTTP/1.1\r\nHost: a\r\n${all[i]!.cookie === '' ? '' : `Cookie: ${all[i]!.cookie}\r\n`}\r\n`,
    onAnswer(i, { status, head, body }) {
      const visitor = all[i]!
      visitor.met.push(status === 200 ? body : String(status))
      const given = /\r\nset-cookie: ([^;\r]+)/i.exec(head)?.[1]
      if (given === undefined) return
      visitor.cookie = given
      visitor.issued++
    },
  })
  if (failed.length > 0) throw new Error(failed.slice(0, 3).join('; '))
}

const last = ({ met }: Visitor): string | undefined => met.at(-1)
const on = (all: readonly Visitor[], name: string): Visitor[] => all.filter((visitor) => last(visitor) === name)

t.test('both cohorts stay under 5, 20, 50 %, abort unpins all at once, the next release meets others', async (t) => {
  const edge = await startEdge({ routing: routingOf(5, cookie()) }, 2)
  t.teardown(() => edge.close())
  const all = visitors(1_000)
  const address = edge.addresses[0]!
  await visit(address, all)
  const early = on(all, 'canary')
  // Each worker's sequence is exact to a few.
  t.ok(Math.abs(early.length - 50) <= 4, `${early.length} of 1000 on the canary at 5 %`)
  await visit(address, all)
  t.ok(
    all.every(({ met, issued }) => met[0] === met[1] && issued === 1),
    'who comes back meets the same version; one cookie each',
  )
  let before = early
  for (const weight of [20, 50]) {
    await apply(edge, routingOf(weight, cookie()))
    await visit(address, all)
    const now = on(all, 'canary')
    t.ok(
      before.every((visitor) => last(visitor) === 'canary'),
      `at ${weight} % all ${before.length} of before are still there`,
    )
    t.ok(Math.abs(now.length - weight * 10) <= 8, `${now.length} of 1000 at ${weight} %`)
    before = now
  }
  await apply(edge, routingOf(0, cookie()))
  await visit(address, all)
  t.equal(on(all, 'stable').length, 1_000, 'at 0 % nobody is left on it')
  await apply(edge, routingOf(0, cookie(), { backends: [backend('stable', 95, stable), backend('v8', 5, canary)] }))
  await visit(address, all)
  const next = on(all, 'canary')
  t.ok(Math.abs(next.length - 50) <= 5, `${next.length} of 1000 on the next release`)
  t.equal(next.filter((visitor) => early.includes(visitor)).length, 0, 'none of them had to be the first before')
  t.ok(
    all.every(({ issued }) => issued === 1),
    'all with the cookie of the first visit',
  )
})

t.test('requests and new sessions are told apart in /v1/splits and /metrics', async (t) => {
  const edge = await startEdge({ routing: routingOf(20, cookie()) })
  t.teardown(() => edge.close())
  const all = visitors(100)
  await visit(edge.addresses[0]!, all)
  const busy = on(all, 'canary')
  for (let i = 0; i < 4; i++) await visit(edge.addresses[0]!, busy)
  type Shown = { stickiness: string; backends: { name: string; actual: { picks: number }; newSessions: { picks: number; share: number } }[] }
  const { stickiness, backends } = JSON.parse(await readAdmin(edge, '/v1/splits/shop')) as Shown
  t.equal(stickiness, 'cookie')
  t.match(
    backends.map(({ actual, newSessions }) => [actual.picks, newSessions.picks]),
    [
      [100 - busy.length, 100 - busy.length],
      [5 * busy.length, busy.length],
    ],
  )
  t.ok(Math.abs(backends[1]!.newSessions.share - 0.2) <= 0.03, 'new sessions have the weight')
  const metrics = await readAdmin(edge, '/metrics')
  const counted = (reason: string): number =>
    Number(new RegExp(`split_decisions_total\\{[^}]*role="canary"[^}]*reason="${reason}"[^}]*\\} (\\d+)`).exec(metrics)?.[1])
  t.strictSame([counted('weight'), counted('sticky')], [busy.length, 4 * busy.length])
})

const request = (fields = ''): string => `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`

t.test('precedence: a route before the cookie, the cookie before the weight', async (t) => {
  const toCanary = { headers: [{ name: 'X-Canary', value: { kind: 'exact' as const, value: 'true' } }], cookies: [], query: [] }
  const toStable = { headers: [], cookies: [{ name: 'group', value: { kind: 'exact' as const, value: 'old' } }], query: [] }
  const routes = [
    { name: 'qa', match: [toCanary], backend: 'canary' },
    { name: 'old', match: [toStable], backend: 'stable' },
  ]
  const edge = await startEdge({ routing: routingOf(50, cookie(), { routes }) })
  t.teardown(() => edge.close())
  const all = visitors(20)
  await visit(edge.addresses[0]!, all)
  const mine = { stable: on(all, 'stable')[0]!.cookie, canary: on(all, 'canary')[0]!.cookie }
  const table: readonly (readonly [route: string, sticky: keyof typeof mine | 'none', expected: string])[] = [
    ['', 'stable', 'stable'],
    ['', 'canary', 'canary'],
    ['X-Canary: true\r\n', 'none', 'canary'],
    ['X-Canary: true\r\n', 'stable', 'canary'],
    ['X-Canary: true\r\n', 'canary', 'canary'],
    ['X-Canary: false\r\n', 'stable', 'stable'],
    ['group', 'none', 'stable'],
    ['group', 'canary', 'stable'],
    ['X-Canary: true\r\ngroup', 'stable', 'canary'],
  ]
  for (const [route, sticky, expected] of table) {
    const pairs = [...(route.endsWith('group') ? ['group=old'] : []), ...(sticky === 'none' ? [] : [mine[sticky]])]
    const fields = `${route.replace('group', '')}${pairs.length === 0 ? '' : `Cookie: ${pairs.join('; ')}\r\n`}`
    const answer = await ask(edge.addresses[0]!, request(fields))
    t.equal(answer?.body, expected, `${JSON.stringify(fields.replace(/=1[-\w]{40}/, ''))} and a cookie of ${sticky}`)
    t.strictSame(answer === undefined ? [] : fieldsOf(answer, 'Set-Cookie'), [], 'no cookie where a route or a cookie decides')
  }
  const counts = new Map<string, number>()
  for (let i = 0; i < 20; i++) {
    const body = (await ask(edge.addresses[0]!, request()))?.body ?? ''
    counts.set(body, (counts.get(body) ?? 0) + 1)
  }
  t.ok(Math.abs((counts.get('canary') ?? 0) - 10) <= 3, 'neither: by weight')
})

t.test('a forged cookie is passed over', async (t) => {
  const edge = await startEdge({ routing: routingOf(50, cookie()) })
  t.teardown(() => edge.close())
  const given = fieldOf((await ask(edge.addresses[0]!, request()))!, 'Set-Cookie') ?? ''
  t.match(given, /^spillway-shop=1[-_\w]{40}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
  const value = given.slice(0, given.indexOf(';'))
  for (const forged of [value.slice(0, -4), `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`, 'spillway-shop=1', 'spillway-shop=\u00e4'])
    for (const fields of [`Cookie: ${forged}\r\n`]) {
      const answer = await ask(edge.addresses[0]!, request(fields))
      t.equal(answer === undefined ? 0 : statusOf(answer), 200, 'never an error')
      t.not(answer === undefined ? undefined : fieldOf(answer, 'Set-Cookie'), undefined, 'a new cookie')
    }
})

t.test('an error of the edge brings no cookie', async (t) => {
  const dead: Split['backends'] = [{ name: 'stable', weight: 100, endpoints: [] }]
  const edge = await startEdge({ routing: routingOf(0, cookie(), { backends: dead }) })
  t.teardown(() => edge.close())
  const answer = await ask(edge.addresses[0]!, request())
  t.equal(answer === undefined ? 0 : statusOf(answer), 503)
  t.equal(answer === undefined ? '' : fieldOf(answer, 'Set-Cookie'), undefined)
})

t.test('a Connection field cannot hide what decides', async (t) => {
  const edge = await startEdge({ routing: routingOf(50, { kind: 'header', name: 'X-User' }) })
  t.teardown(() => edge.close())
  const answer = await ask(edge.addresses[0]!, request('X-User: a\r\nConnection: x-user\r\n'))
  t.equal(answer === undefined ? 0 : statusOf(answer), 400)
})

t.test('by header and by address: the same at every worker, and at another edge', async (t) => {
  const kinds: readonly (readonly [Stickiness, (i: number) => { readonly fields: string; readonly from: string }])[] = [
    [{ kind: 'header', name: 'X-User' }, (i) => ({ fields: `X-User: user-${i}\r\n`, from: '127.0.0.1' })],
    [{ kind: 'clientAddress' }, (i) => ({ fields: '', from: `127.0.1.${i + 1}` })],
    [{ kind: 'clientAddress' }, (i) => ({ fields: `X-Forwarded-For: 2001:db8:${i}::${i + 1}\r\n`, from: '127.0.0.9' })],
  ]
  for (const [stickiness, client] of kinds) {
    const start = { routing: routingOf(50, stickiness), trustedProxies: ['127.0.0.9/32'] }
    const edges = [await startEdge(start, 2), await startEdge(start, 1)]
    const seen = new Set<string>()
    for (let i = 0; i < 24; i++) {
      const { fields, from } = client(i)
      const met = new Set<string | undefined>()
      for (const edge of [edges[0]!, edges[0]!, edges[0]!, edges[1]!]) met.add((await ask(edge.addresses[0]!, request(fields), 5_000, from))?.body)
      if (met.size !== 1) t.fail(`client ${i} met ${[...met].join(' and ')}`)
      for (const name of met) seen.add(String(name))
    }
    t.strictSame([...seen].sort(), ['canary', 'stable'], stickiness.kind)
    await Promise.all(edges.map((edge) => edge.close()))
  }
})

t.test('newSessionsOnly: who met the canary stays there at weight 0', async (t) => {
  const mode = cookie({ newSessionsOnly: true })
  const edge = await startEdge({ routing: routingOf(50, mode) }, 2)
  t.teardown(() => edge.close())
  const all = visitors(100)
  await visit(edge.addresses[0]!, all)
  const early = on(all, 'canary')
  t.ok(Math.abs(early.length - 50) <= 4)
  await apply(edge, routingOf(0, mode))
  await visit(edge.addresses[0]!, all)
  t.strictSame(on(all, 'canary'), early, 'the same ones')
  const late = visitors(50)
  await visit(edge.addresses[0]!, late)
  t.equal(on(late, 'stable').length, 50, 'new ones go by weight')
})

t.test('keys from a file: rotated by an edit while requests go on; a bad edit leaves them; two edges share them', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'keys-'))
  const keyFile = join(folder, 'keys')
  const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(40))
  const write = async (text: string): Promise<void> => {
    await writeFile(`${keyFile}.new`, text)
    await rename(`${keyFile}.new`, keyFile)
  }
  await write(`# old\n${a}\n`)
  const routing = routingOf(50, cookie({ keyFile }))
  const edge = await startEdge({ routing }, 2)
  const other = await startEdge({ routing })
  t.teardown(async () => {
    await other.close()
    await edge.close()
    await rm(folder, { recursive: true })
  })
  const all = visitors(40)
  await visit(edge.addresses[0]!, all)
  await visit(other.addresses[0]!, all)
  t.ok(
    all.every(({ met, issued }) => met[0] === met[1] && issued === 1),
    'the other edge knows them',
  )
  await afterChange(edge, () => write(`${b}\n${a}\n`))
  await visit(edge.addresses[0]!, all)
  t.ok(
    all.every(({ issued }) => issued === 1),
    'known after the rotation',
  )
  const late = visitors(20)
  await visit(edge.addresses[0]!, late)
  const errors = edge.errors.length
  await write('too short\n')
  for (const endMs = performance.now() + 10_000; edge.errors.length === errors && performance.now() < endMs; ) await delay(5)
  t.match(edge.errors.splice(errors).join(), /the keys in use stay: .* holds a key of less than 32 characters/)
  await visit(edge.addresses[0]!, late)
  await afterChange(edge, () => write(`${c}\n${b}\n`))
  await visit(edge.addresses[0]!, late)
  t.ok(
    late.every(({ issued }) => issued === 1),
    'those with the second key stay known',
  )
  await visit(edge.addresses[0]!, all)
  t.ok(
    all.every(({ issued }) => issued === 2),
    'those with the removed key are new',
  )
})

t.test('a key file that is not there refuses the edit, and the table in use stays', async (t) => {
  const edge = await startEdge({ routing: routingOf(100, undefined) })
  t.teardown(() => edge.close())
  edge.apply({ routing: routingOf(0, cookie({ keyFile: '/nowhere/keys' })) })
  for (const endMs = performance.now() + 10_000; edge.errors.length === 0 && performance.now() < endMs; ) await delay(5)
  t.match(edge.errors.join(), /splits\.shop\.stickiness\.keyFile: \/nowhere\/keys cannot be read \(ENOENT\)/)
  t.equal((await ask(edge.addresses[0]!, request()))?.body, 'canary')
})
