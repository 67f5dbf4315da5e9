// Twice as many connections as the edge can serve, each with a request that costs it much: most of what it could serve, it serves, and soon all again.
// Judged by what it did with the CPU that it got, since a busy machine gives it more or less of that from second to second.
import { connect } from 'node:net'
import t from 'tap'
import type { Address } from '../http/client.ts'
import { type EdgeProcess, startEdgeProcess } from '../http/edgeProcess.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { startUpstream } from '../http/upstream.ts'
import { isFull } from '../promises/full.ts'
import { limited, metric, until } from './scrape.ts'

t.setTimeout(fileDeadlineMs)
const rushMs = isFull ? 20_000 : 3_000
/** What others do on the machine may make twice the load tenfold. */
const rounds = 3
/** Of the answers per second of CPU at its peak. What is promised is 0.8, on a machine of its own. */
const leastShare = isFull ? 0.8 : 0.4
/** What a client waits for. */
const patienceMs = 2_000

const upstream = await startUpstream('upstream')
t.teardown(() => upstream.close())

/** Conditions that match nothing make every request cost a millisecond. */
const routes = Array.from(
  { length: 300 },
  (_, n) => `{name: r${n}, match: [{headers: [{name: X-Long, regex: ".*v.*[a-v]+.*y${n}"}]}], backend: only}`,
)
const configuration = `listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
routes: [{path: /, split: main}]
splits: {main: {routes: [${routes.join(', ')}], backends: {only: {weight: 1, endpoints: ["127.0.0.1:${upstream.port}"]}}}}
`
const request = `GET /n0000001 HTTP/1.1\r\nHost: a\r\nX-Long: ${'v'.repeat(100)}\r\n\r\n`

/** A client that comes once; whether it was served in time. */
function visit(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, noDelay: true })
    const end = (served: boolean): void => {
      clearTimeout(late)
      socket.destroy()
      resolve(served)
    }
    const late = setTimeout(() => end(false), patienceMs)
    socket.on('connect', () => socket.write(request))
    socket.on('data', (bytes) => end(bytes.latin1Slice(9, 12) === '200'))
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
  })
}

type Outcome = { readonly visits: number; readonly served: number; readonly perSecond: number; readonly perCpuSecond: number }

async function measured(edge: EdgeProcess, work: (note: (served: boolean) => void) => Promise<void>): Promise<Outcome> {
  const cpu = (): Promise<number> => metric(edge, 'process_cpu_seconds_total')
  let visits = 0
  let served = 0
  const cpuBefore = await cpu()
  const startedMs = performance.now()
  await work((good) => {
    visits++
    if (good) served++
  })
  return { visits, served, perSecond: (served * 1_000) / (performance.now() - startedMs), perCpuSecond: served / ((await cpu()) - cpuBefore) }
}

/** As fast as it goes, with so many at a time. */
async function closedLoop(address: Address, lanes: number, forMs: number, note: (served: boolean) => void): Promise<void> {
  const endMs = performance.now() + forMs
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (performance.now() < endMs) note(await visit(address))
    }),
  )
}

/** So many per second, however long they take. */
async function openLoop(address: Address, perSecond: number, forMs: number, note: (served: boolean) => void): Promise<void> {
  const startedMs = performance.now()
  const all: Promise<void>[] = []
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const passedMs = Math.min(forMs, performance.now() - startedMs)
      while (all.length < (passedMs * perSecond) / 1_000) all.push(visit(address).then(note))
      if (passedMs < forMs) return
      clearInterval(timer)
      resolve()
    }, 5)
  })
  await Promise.all(all)
}

/** How well it does at twice what it has just shown that it can do, as a share of that. */
async function rushAt(t: Tap, edge: EdgeProcess, address: Address): Promise<number> {
  const peak = await measured(edge, (note) => closedLoop(address, 32, isFull ? 5_000 : 2_000, note))
  const shedBefore = await limited(edge, 'overload')
  const rush = await measured(edge, (note) => openLoop(address, 2 * peak.perSecond, rushMs, note))
  const shed = (await limited(edge, 'overload')) - shedBefore
  const offered = Math.round((rush.visits * 1_000) / rushMs)
  t.comment(`peak ${Math.round(peak.perSecond)}/s, ${Math.round(peak.perCpuSecond)} per CPU second`)
  t.comment(`of ${offered}/s ${Math.round(rush.perSecond)}/s, ${Math.round(rush.perCpuSecond)} per CPU second; ${shed} turned away`)
  return rush.perCpuSecond / peak.perCpuSecond
}

type Tap = { comment(text: string): void }

t.test('overload: at twice what it can serve, an edge serves most of that, and all again soon after', async (t) => {
  const edge = await startEdgeProcess(configuration)
  t.teardown(() => edge.close())
  const address = edge.addresses[0]!
  await measured(edge, (note) => closedLoop(address, 8, 1_000, note))
  let best = 0
  for (let round = 1; round <= rounds && best < leastShare; round++) best = await rushAt(t, edge, address)
  t.ok(best >= leastShare, `${best.toFixed(2)} of the peak, by CPU`)
  const overMs = performance.now()
  await until(async () => (await Promise.all([1, 2, 3, 4, 5].map(() => visit(address)))).every(Boolean), 'full service', 5_000)
  t.comment(`full service ${Math.round(performance.now() - overMs)} ms after the rush`)
})

t.test('overload: a burst of connections, and many that are kept busy, are none', async (t) => {
  const edge = await startEdgeProcess(configuration.replace(/routes: \[\{name.*?\], backends/, 'backends'))
  t.teardown(() => edge.close())
  const before = await limited(edge, 'overload')
  const burst = await Promise.all(Array.from({ length: 300 }, () => visit(edge.addresses[0]!)))
  t.equal(burst.filter(Boolean).length, 300, 'a burst')
  t.equal(await limited(edge, 'overload'), before)
  const kept = Array.from({ length: 1_000 }, () => keptBusy(edge.addresses[0]!, 5))
  t.same(
    (await Promise.all(kept)).filter((served) => served !== 5),
    [],
    'a thousand connections, five requests on each',
  )
  t.equal(await limited(edge, 'overload'), before)
})

/** How many requests were served, one after the other on one connection. */
function keptBusy(address: Address, requests: number): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, noDelay: true })
    let served = 0
    const late = setTimeout(() => socket.destroy(), 60_000)
    socket.on('connect', () => socket.write(request))
    socket.on('data', (bytes) => {
      if (bytes.latin1Slice(9, 12) !== '200' || ++served === requests) socket.destroy()
      else socket.write(request)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(late)
      resolve(served)
    })
  })
}
