// Tables of thousands of routes, swapped as fast as the edge takes them: unchanged routes lose nothing, and no request is served by two tables at once.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Backend, Route, Routing, Split } from '../../../src/core/routing/types.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs, randomFrom } from '../http/harness.ts'
import { startOrigin } from '../http/origin.ts'
import { figure } from './full.ts'
import { runOpenLoop } from './openLoop.ts'

const unchangedRoutes = 5_000
const generations = 4
const swapMs = figure(60_000, 6_000)
const perSecond = figure(1_700, 500)
const swapsPerSecond = 100
/** On a machine that has other things to do. */
const leastPerSecond = 20
const takenMs = 10_000
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)

const names = ['steady', 'mixed', ...Array.from({ length: generations }, (_, generation) => `g${generation}`)]
const origins = new Map(await Promise.all(names.map(async (name) => [name, await startOrigin(name)] as const)))

const to = (name: string, origin: string, weight: number): Backend => backend(name, weight, origins.get(origin)!)
const prefix = (host: string, path: string, split: string): Route => ({ host, path, pathType: 'Prefix', split })
const simple = (name: string, origin: string): Split => ({
  name,
  totalWeight: 100,
  backends: [to('only', origin, 100)],
  routes: [],
  fallback: { kind: 'none' },
})

/**
 * In the table of a generation its own split leads to its own origin, by weight and by header alike; the splits of the others are there, but all that
 * they lead to is `mixed`. So a host's route from one table and a split, header rule or endpoint from another betray themselves.
 */
function splitOf(name: number, generation: number): Split {
  const origin = name === generation ? `g${generation}` : 'mixed'
  const value = { kind: 'exact' as const, value: 'true' }
  return {
    name: `s${name}`,
    totalWeight: 100,
    backends: [to('stable', origin, 100), to('canary', origin, 0)],
    routes: [{ name: 'asked', match: [{ headers: [{ name: 'X-Canary', value }], cookies: [], query: [] }], backend: 'canary' }],
    fallback: { kind: 'none' },
  }
}

const steadyRoutes = Array.from({ length: unchangedRoutes }, (_, index) =>
  index % 2 === 0 ? prefix(`h${index}.example`, '/', 'steady') : prefix('many.example', `/p${index}`, 'steady'),
)

function tableOf(generation: number): Routing {
  const own = `s${generation}`
  return {
    routes: [
      ...steadyRoutes,
      prefix('moves.example', '/', own),
      prefix('moves.example', '/deep', own),
      // There in one generation of four; removed, added and led elsewhere by all others.
      prefix(`only${generation}.example`, '/', own),
    ],
    splits: [simple('steady', 'steady'), ...Array.from({ length: generations }, (_, name) => splitOf(name, generation))],
  }
}
const tables = Array.from({ length: generations }, (_, generation) => tableOf(generation))

const edge = await startEdge({ routing: tables[0]! }, 2)
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await edge.close()
  await Promise.all([...origins.values()].map((origin) => origin.close()))
})

type Asked = { readonly host: string; readonly path: string; readonly canary: boolean; right(status: number, body: string): boolean }

function next(): Asked {
  const canary = random(2) === 0
  const index = random(unchangedRoutes)
  switch (random(4)) {
    case 0:
      return {
        host: 'moves.example',
        path: random(2) === 0 ? '/' : '/deep/er',
        canary,
        right: (status, body) => status === 200 && /^g\d$/.test(body),
      }
    case 1: {
      const generation = random(generations)
      const right = (status: number, body: string): boolean => status === 404 || (status === 200 && body === `g${generation}`)
      return { host: `only${generation}.example`, path: '/', canary, right }
    }
    default: {
      const [host, path] = index % 2 === 0 ? [`h${index}.example`, '/'] : ['many.example', `/p${index}/x`]
      return { host, path, canary, right: (status, body) => status === 200 && body === 'steady' }
    }
  }
}

/** The next change waits for the one before: how many a second there are is the edge's doing. Never more than `swapsPerSecond` on average. */
async function swapUntil(endMs: number): Promise<number> {
  const startedMs = performance.now()
  let swaps = 0
  for (; performance.now() < endMs; swaps++) {
    const inUse = edge.nextInUse()
    edge.apply({ routing: tables[(swaps + 1) % generations]! })
    await taken(inUse)
    await delay(Math.max(0, startedMs + ((swaps + 1) * 1_000) / swapsPerSecond - performance.now()))
  }
  return swaps
}

async function taken(inUse: Promise<void>): Promise<void> {
  const lost = Promise.withResolvers<never>()
  const late = setTimeout(() => lost.reject(new Error(`a swap was not taken within ${takenMs} ms; ${edge.errors.join('; ')}`)), takenMs)
  await Promise.race([inUse, lost.promise])
  clearTimeout(late)
}

t.test(`E2 table swap: unchanged routes among ${unchangedRoutes} lose no request, and no request is served by a mix of tables`, async (t) => {
  t.comment(`seed ${seed}`)
  const asked = new Map<number, Asked>()
  const wrong: string[] = []
  const found = new Map<string, number>()
  const stop = new AbortController()
  const load = runOpenLoop({
    address: edge.addresses[0]!,
    perSecond,
    stop: stop.signal,
    deadlineMs: 10_000,
    request(index) {
      const wanted = next()
      asked.set(index, wanted)
      const fields = `${wanted.canary ? 'X-Canary: true\r\n' : ''}${index % 16 === 0 ? 'Connection: close\r\n' : ''}`
      return `GET ${wanted.path} HTTP/1.1\r\nHost: ${wanted.host}\r\n${fields}\r\n`
    },
    onAnswer(index, { status, body }) {
      const wanted = asked.get(index)!
      asked.delete(index)
      const what = status === 200 ? body : String(status)
      found.set(what, (found.get(what) ?? 0) + 1)
      if (!wanted.right(status, body)) wrong.push(`${wanted.host}${wanted.path}: ${status} ${body.slice(0, 60)}`)
    },
  })
  const swaps = await swapUntil(performance.now() + swapMs).finally(() => stop.abort())
  const { sent, failed } = await load
  t.same(failed.slice(0, 5), [], `0 of ${sent} failed`)
  t.same(wrong.slice(0, 5), [], 'each by one table')
  t.equal(found.get('mixed'), undefined, 'none by two')
  for (let generation = 0; generation < generations; generation++) t.ok(found.get(`g${generation}`)! > 0, `generation ${generation} served`)
  t.ok(found.get('404')! > 0, 'routes that were not there at the moment')
  t.ok(swaps >= (swapMs / 1_000) * leastPerSecond, `${((swaps * 1_000) / swapMs).toFixed(1)} swaps a second`)
  t.same(edge.errors, [])
  t.comment(`${swaps} swaps, ${sent} requests: ${JSON.stringify(Object.fromEntries(found))}`)
})
