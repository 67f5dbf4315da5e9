// A worker that is told what changed decides as one that is told everything.
import t from 'tap'
import { diffRouting } from '../../src/core/routing/delta.ts'
import type { Routing, Split } from '../../src/core/routing/types.ts'
import { openLedger } from '../../src/edge/blocks.ts'
import { defaultLimits, defaultTimeouts } from '../../src/edge/config.ts'
import { newBlock, workerBlockCells } from '../../src/edge/counters.ts'
import { Endpoints } from '../../src/edge/endpoints.ts'
import { copying } from '../../src/edge/mirror/copy.ts'
import { newMirroring } from '../../src/edge/mirror/targets.ts'
import { buildTable, reviseTable, type Table, type TableInput } from '../../src/edge/table.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import { randomFrom } from './http/harness.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
t.comment(`seed ${seed} (TEST_SEED=${seed} repeats this run)`)

const one = <T>(list: readonly T[]): T => list[random(list.length)]!
const names = ['p', 'q', 'r', 's', 't']
const hosts = ['a', 'b', 'c.d', '*.d']

function someSplit(name: string): Split {
  const backends = ['stable', 'canary', 'third'].slice(0, 1 + random(3)).map((backend, i) => ({
    name: backend,
    weight: i === 0 ? 1 : random(3),
    endpoints: Array.from({ length: random(3) }, () => ({ host: `10.0.0.${random(6)}`, port: 80 })),
  }))
  const match = [{ headers: [{ name: one(['X-A', 'X-B', 'X-C']), value: { kind: 'present' as const } }], cookies: [], query: [] }]
  return {
    name,
    totalWeight: backends.reduce((sum, { weight }) => sum + weight, 0),
    backends,
    routes: random(2) === 0 ? [] : [{ name: 'asked', match, backend: one(backends).name }],
    ...(random(3) === 0 && { stickiness: { kind: 'header' as const, name: one(['X-User', 'X-Account']) } }),
    ...(random(3) === 0 && { mirrors: [{ name: 'shadow', match, backend: one(backends).name, percentage: random(101) }] }),
    fallback: random(2) === 0 ? { kind: 'none' } : { kind: 'backend', backend: backends[0]!.name },
  }
}

function changed({ splits }: Routing): Routing {
  const next = splits.filter(() => random(6) !== 0).map((split) => (random(4) === 0 ? someSplit(split.name) : split))
  for (const name of names) if (random(3) === 0 && !next.some((split) => split.name === name)) next.push(someSplit(name))
  const routes = hosts.flatMap((host) =>
    ['/', '/a', '/a/b'].flatMap((path) =>
      next.length === 0 || random(3) === 0 ? [] : { host, path, pathType: 'Prefix' as const, split: one(next).name },
    ),
  )
  return { routes, splits: next }
}

/** A worker, as far as tables go. */
function openWorker() {
  const ledger = openLedger({ workers: 1, keepMs: 0, now: () => 0 })
  const endpoints = new Endpoints(copying, () => undefined)
  const mirroring = newMirroring(new Float64Array(newBlock(workerBlockCells)), () => undefined)
  let version = 0
  return {
    endpoints,
    inputFor(routing: Routing, before: Table<never> | undefined): TableInput<never> {
      ledger.admit(routing)
      const settings = {
        listeners: [],
        admin: { address: { host: '', port: 0 } },
        trustedProxies: [],
        limits: defaultLimits,
        timeouts: defaultTimeouts,
      }
      const blocks = ledger.blocksFor(0, routing.splits)
      return {
        version: ++version,
        ...{ settings, blocks, before, mirroring, regex: compileRegex, phaseOf: () => 0.5, keys: {}, nowS: () => 0 },
        endpoints: endpoints as unknown as Endpoints<never>,
      }
    },
    settle(routing: Routing): void {
      endpoints.settle()
      mirroring.endpoints.settle()
      ledger.settle(routing)
    },
  }
}

/** Whatever a request is decided by. */
function decisionsOf({ routes, targets, splits, routingHeaders, policy }: Table<never>): unknown {
  const addresses = (all: readonly { host: string }[]): string => all.map(({ host }) => host).join()
  return {
    routes: [...hosts.slice(0, 3), 'x.d', 'e'].flatMap((host) =>
      ['/', '/a', '/a/x', '/a/b', '/b'].map((path) => {
        const place = routes.find(host, path)
        return `${host}${path} ${place === undefined ? '' : targets[place]!.name}`
      }),
    ),
    splits: [...splits.values()]
      .map((split) => ({
        name: split.name,
        policy: split.policy,
        backends: split.backends.map(({ split, name, endpoints }) => [split, name, addresses(endpoints.all), addresses(endpoints.usable)]),
        routes: split.routes.map(({ matches, backend, reason }) => [matches.map(({ headers }) => headers), backend.name, reason]),
        mirrors: split.mirrors?.map(({ name, line, endpoints, percentage }) => [name, line, addresses(endpoints.all), percentage]),
        sticky: split.sticky?.header,
        fallback: split.fallback?.name,
        own: split.routes.every(({ backend }) => split.backends.includes(backend)),
        placed: targets[split.place] === split,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    routingHeaders: [...routingHeaders].sort(),
    policy,
  }
}

t.test('E2 table swap: a table from what changed decides as one from everything, and shares the rest with the one before', async (t) => {
  const [told, whole] = [openWorker(), openWorker()]
  let routing: Routing = { routes: [], splits: [] }
  let before = buildTable(routing, told.inputFor(routing, undefined))
  let [kept, most] = [0, 0]
  for (let step = 0; step < 500; step++) {
    const after = changed(routing)
    const table = reviseTable(before, diffRouting(routing, after), told.inputFor(after, before))
    const anew = buildTable(after, whole.inputFor(after, undefined))
    told.settle(after)
    whole.settle(after)
    t.strictSame(decisionsOf(table), decisionsOf(anew), `step ${step}`)
    const pools = (worker: typeof told): number => new Set([...poolsOf(worker === told ? table : anew)]).size
    if (pools(told) !== pools(whole)) return t.equal(pools(told), pools(whole), 'as many endpoints')
    kept += after.splits.filter((split) => table.splits.get(split.name) === before.splits.get(split.name)).length
    most = Math.max(most, table.targets.length)
    ;[routing, before] = [after, table]
  }
  t.ok(kept > 300, `${kept} splits were kept as they were`)
  t.ok(most <= names.length, 'places are used again')
})

function* poolsOf({ splits }: Table<never>): Iterable<unknown> {
  for (const { backends } of splits.values()) for (const { endpoints } of backends) yield* endpoints.all
}
