// A table that is changed step by step is the table that is made at once, whatever the steps.
import t from 'tap'
import { diffRouting, type RoutingDelta, sameData } from '../../../src/core/routing/delta.ts'
import { compileRoutes, type RouteTable, reviseRoutes } from '../../../src/core/routing/routeTable.ts'
import type { Route, Routing, Split } from '../../../src/core/routing/types.ts'
import { routeKey } from '../../../src/core/routing/validate.ts'
import { randomFrom } from '../../edge/http/harness.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
t.comment(`seed ${seed} (TEST_SEED=${seed} repeats this run)`)

const one = <T>(list: readonly T[]): T => list[random(list.length)]!
const hosts = [undefined, 'a', 'b', 'a.b', 'x.a.b', '*.b', '*.a.b']
const segments = ['a', 'b', '', 'long']
const splitNames = ['p', 'q', 'r', 's']

function somePath(): string {
  return `/${Array.from({ length: random(4) }, () => one(segments)).join('/')}`
}

function someRoute(): Route {
  const host = one(hosts)
  const special = { ...(host?.startsWith('*.') && random(2) === 0 && { oneLabel: true }), ...(random(4) === 0 && { httpsOnly: true }) }
  return { ...(host && { host }), path: somePath(), pathType: one(['Prefix', 'Exact'] as const), split: one(splitNames), ...special }
}

function someSplit(name: string): Split {
  const weight = random(3)
  return {
    name,
    totalWeight: 2,
    backends: [
      { name: 'stable', weight: 2 - weight, endpoints: [{ host: '10.0.0.1', port: 80 + random(2) }] },
      { name: 'canary', weight, endpoints: [] },
    ],
    routes: [],
    fallback: random(2) === 0 ? { kind: 'none' } : { kind: 'backend', backend: 'stable' },
  }
}

/** As another reading of the same file: equal, and no object the same. */
const copied = <T>(value: T): T => structuredClone(value)

function unique(routes: readonly Route[]): Route[] {
  return [...new Map(routes.map((route) => [routeKey(route), route])).values()]
}

/** The next routing: some routes and splits are gone, new, changed, moved, or copied. */
function changed({ routes, splits }: Routing): Routing {
  const kept = routes.filter(() => random(8) !== 0).map((route) => (random(8) === 0 ? { ...route, split: one(splitNames) } : route))
  const more = Array.from({ length: random(6) }, someRoute)
  const all = unique(random(2) === 0 ? [...kept, ...more] : [...more, ...kept])
  if (random(20) === 0) all.length = 0
  if (random(10) === 0) all.reverse()
  const next = splits.filter(() => random(8) !== 0).map((split) => (random(4) === 0 ? someSplit(split.name) : split))
  for (const name of splitNames) if (random(4) === 0 && !next.some((split) => split.name === name)) next.push(someSplit(name))
  return random(2) === 0 ? { routes: all, splits: next } : copied({ routes: all, splits: next })
}

function applyDelta(before: Routing, { routes, splits }: RoutingDelta): Routing {
  const gone = new Set([...routes.removed, ...routes.set].map(routeKey))
  const goneSplits = new Set([...splits.removed, ...splits.set.map(({ name }) => name)])
  return {
    routes: [...before.routes.filter((route) => !gone.has(routeKey(route))), ...routes.set],
    splits: [...before.splits.filter(({ name }) => !goneSplits.has(name)), ...splits.set],
  }
}

/** The places of routes are compared, not their spelling: `/a` and `/a/` are the same prefix. */
function asSets({ routes, splits }: Routing): object {
  return {
    routes: Object.fromEntries(routes.map((route) => [routeKey(route), route.split]).sort()),
    splits: Object.fromEntries(splits.map((split) => [split.name, split]).sort()),
  }
}

const target = (route: Route): { route: Route; target: string } => ({ route, target: route.split })

/** What it is made of, without who made it. */
function shapeOf({ hosts }: RouteTable<string>): unknown {
  return JSON.parse(
    JSON.stringify(hosts, (key, value: unknown) => (key === 'madeBy' ? undefined : value instanceof Map ? [...value.entries()].sort() : value)),
  )
}

t.test('E2 table swap: changed step by step or made at once, a table is the same, down to its last node', async (t) => {
  let before: Routing = { routes: [], splits: [] }
  let table = compileRoutes<string>([])
  let touched = 0
  for (let step = 0; step < 2_000; step++) {
    const after = changed(before)
    const delta = diffRouting(before, after)
    const [was, shape] = [table, shapeOf(table)]
    table = reviseRoutes(table.hosts, delta.routes.set.map(target), delta.routes.removed)
    touched += delta.routes.set.length + delta.routes.removed.length
    if (!sameData(asSets(applyDelta(before, delta)), asSets(after))) return t.same(asSets(applyDelta(before, delta)), asSets(after), `step ${step}`)
    const whole = compileRoutes(after.routes.map(target))
    if (!sameData(shapeOf(table), shapeOf(whole))) return t.same(shapeOf(table), shapeOf(whole), `step ${step}`)
    if (!sameData(shapeOf(was), shape)) return t.fail(`step ${step} wrote to the table before it`)
    for (let request = 0; request < 20; request++) {
      const [host, path] = [one(['a', 'b', 'c', 'a.b', 'x.a.b', 'y.a.b', 'b.b']), somePath()]
      if (table.find(host, path) !== whole.find(host, path)) return t.equal(table.find(host, path), whole.find(host, path), `${host}${path}`)
    }
    before = after
  }
  t.ok(touched > 2_000, `${touched} routes were changed`)
})

t.test('what has not changed is not in a delta, and is shared by both tables', async (t) => {
  const routes = Array.from({ length: 1_000 }, (_, i): Route => ({ host: `h${i}`, path: '/', pathType: 'Prefix', split: 'p' }))
  const before: Routing = { routes, splits: [someSplit('p')] }
  t.same(diffRouting(before, copied(before)), { routes: { set: [], removed: [] }, splits: { set: [], removed: [] } }, 'the same, read again')
  t.same(diffRouting(before, { ...before, routes: routes.toReversed() }).routes, { set: [], removed: [] }, 'in another order')
  const moved = { ...routes[500]!, split: 'q' }
  const delta = diffRouting(before, copied({ ...before, routes: routes.with(500, moved) }))
  t.same(delta.routes, { set: [moved], removed: [] })
  const table = compileRoutes(routes.map(target))
  const next = reviseRoutes(table.hosts, delta.routes.set.map(target), delta.routes.removed)
  const shared = [...next.hosts.names].filter(([host, paths]) => table.hosts.names.get(host) === paths)
  t.equal(shared.length, 999)
})

t.test('a star may stand for one label alone, and then wins over one that stands for any', async (t) => {
  const route = (host: string, split: string, more: Partial<Route> = {}): Route => ({ host, path: '/', pathType: 'Prefix', split, ...more })
  const table = compileRoutes([route('*.b', 'p'), route('*.b', 'q', { oneLabel: true }), route('*.a.b', 'r', { oneLabel: true })].map(target))
  for (const [host, split] of [
    ['x.b', 'q'],
    ['x.a.b', 'r'],
    ['x.y.b', 'p'],
    ['x.y.a.b', 'p'],
    ['b', undefined],
  ] as const)
    t.equal(table.find(host, '/'), split, host)
  t.equal(reviseRoutes(table.hosts, [], [route('*.b', 'q', { oneLabel: true })]).find('x.b', '/'), 'p')
})

t.test('a path of any length comes and goes', async (t) => {
  const deep: Route = { path: '/a'.repeat(50_000), pathType: 'Prefix', split: 'p' }
  const table = compileRoutes([target(deep)])
  t.equal(table.find('h', `${deep.path}/b`), 'p')
  const without = reviseRoutes(table.hosts, [], [deep])
  t.equal(without.find('h', deep.path), undefined)
  t.equal(without.hosts.any.root.children, undefined, 'nothing is left of it')
})
