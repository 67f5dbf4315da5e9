import { sameData } from '../core/routing/delta.ts'
import type { Backend, BackendOrigin, Routing, Split, SplitOrigin } from '../core/routing/types.ts'
import { at, backendBlockCells, backendGauges, failureKinds, newBlock, pickReasons, workerAt, workerBlockCells } from './counters.ts'
import type { BackendBlocks } from './protocol.ts'

/** What all workers together counted for one backend; `cells` is laid out by `at`. */
export type BackendSeries = {
  readonly split: string
  readonly backend: string
  /** In a cluster: what it stood for while this was counted. */
  readonly origin: SeriesOrigin | undefined
  readonly cells: Float64Array
}
export type SeriesOrigin = { readonly split: SplitOrigin; readonly backend: BackendOrigin }

/** Owner of all counter blocks: makes them before traffic can reach a backend, sums them when somebody looks. */
export type Ledger = {
  /** Makes what `routing` needs and is not there yet. */
  admit(routing: Routing): void
  /** `routing` is the one in use: backends that it lacks begin to age; those that were admitted in vain go at once. */
  settle(routing: Routing): void
  blocksFor(worker: number, splits: readonly Split[]): BackendBlocks
  workerBlock(worker: number): SharedArrayBuffer
  /** A cell per worker: what it accounts for of the process's memory. */
  readonly memoryBlock: SharedArrayBuffer
  /** A worker is dead: its gauges become 0, what it counted stays. */
  bury(worker: number): void
  /** Backends in use, and those gone for less than `keepMs`; one that has stood for several things, once for each. */
  series(): BackendSeries[]
  sum(split: string, backend: string): Float64Array
  /** Another number whenever `sum` may be another one; costs little. A worker that is just counting may be a moment ahead of it. */
  activity(split: string, backend: string): number
  /** Of one cell, the largest that any worker has. */
  most(split: string, backend: string, cell: number): number
  /** All workers' own blocks together, laid out by `workerAt`; `tableVersion` is the lowest, `lagMs` the highest. */
  workerSum(): Float64Array
}

type Entry = {
  readonly split: string
  readonly backend: string
  readonly blocks: readonly SharedArrayBuffer[]
  /** What it has stood for, the present last: what is counted as a canary's must not become a stable version's with its promotion. */
  eras: readonly Era[]
  routed: boolean
  goneAt: number | undefined
}

/** `base`: what had been counted when it began. */
type Era = { readonly origin: SeriesOrigin | undefined; readonly base: Float64Array }
/** Beyond, the oldest is forgotten. */
const maxEras = 8

const workerGauges = [workerAt.openConnections, workerAt.openUpstreamConnections, workerAt.tableVersion, workerAt.lagMs, workerAt.heartbeat]

/**
 * `keepMs`: how long a backend's series outlive it. An analysis that looks back must not lose them, and one that comes back goes on counting.
 * `now` is monotonic, in ms.
 */
export function openLedger(options: { readonly workers: number; readonly keepMs: number; now(): number }): Ledger {
  const { workers, keepMs, now } = options
  const entries = new Map<string, Entry>()
  const memoryBlock = newBlock(workers)
  const own = Array.from({ length: workers }, () => newBlock(workerBlockCells))

  function forgetOld(): void {
    for (const [key, entry] of entries) if (entry.goneAt !== undefined && now() - entry.goneAt >= keepMs) entries.delete(key)
  }

  return {
    admit(routing) {
      forgetOld()
      for (const [split, backend] of pairs(routing)) {
        const key = keyOf(split.name, backend.name)
        if (entries.has(key)) continue
        const blocks = Array.from({ length: workers }, () => newBlock(backendBlockCells))
        const eras = [{ origin: originOf(split, backend), base: new Float64Array(backendBlockCells) }]
        entries.set(key, { split: split.name, backend: backend.name, blocks, eras, routed: false, goneAt: undefined })
      }
    },
    settle(routing) {
      const used = new Map(pairs(routing).map((pair) => [keyOf(pair[0].name, pair[1].name), pair]))
      for (const [key, entry] of entries) {
        const pair = used.get(key)
        if (pair !== undefined) {
          entry.routed = true
          beginEra(entry, originOf(...pair))
          entry.goneAt = undefined
        } else if (!entry.routed) entries.delete(key)
        else entry.goneAt ??= now()
      }
    },
    blocksFor(worker, splits) {
      return Object.fromEntries(
        splits.map((split) => [
          split.name,
          Object.fromEntries(split.backends.map((backend) => [backend.name, entries.get(keyOf(split.name, backend.name))!.blocks[worker]!])),
        ]),
      )
    },
    workerBlock: (worker) => own[worker]!,
    memoryBlock,
    bury(worker) {
      zero(own[worker]!, workerGauges)
      zero(memoryBlock, [worker])
      for (const entry of entries.values()) zero(entry.blocks[worker]!, backendGauges)
    },
    series() {
      forgetOld()
      return [...entries.values()].flatMap(seriesOf)
    },
    sum: (split, backend) => add(entries.get(keyOf(split, backend))?.blocks ?? [], backendBlockCells),
    activity: (split, backend) =>
      (entries.get(keyOf(split, backend))?.blocks ?? []).reduce((all, block) => all + activityIn(new Float64Array(block)), 0),
    most: (split, backend, cell) => Math.max(0, ...(entries.get(keyOf(split, backend))?.blocks ?? []).map((block) => new Float64Array(block)[cell]!)),
    workerSum() {
      const total = add(own, workerBlockCells)
      const views = own.map((block) => new Float64Array(block))
      total[workerAt.tableVersion] = Math.min(...views.map((view) => view[workerAt.tableVersion]!))
      total[workerAt.lagMs] = Math.max(...views.map((view) => view[workerAt.lagMs]!))
      return total
    },
  }
}

/** Each request raises what only rises when it begins, and lowers what is under way when it ends. */
function activityIn(view: Float64Array): number {
  let begun = 0
  for (const cell of risingWithRequests) begun += view[cell]!
  return begun * mostUnderWay + view[at.inFlight]! + view[at.openTunnels]!
}

const mostUnderWay = 2 ** 20
const risingWithRequests = [...pickReasons.map((_, i) => at.picks + i), ...failureKinds.map((_, i) => at.failures + i), at.tunnels, at.retries]

function pairs(routing: Routing): [split: Split, backend: Backend][] {
  return routing.splits.flatMap((split) => split.backends.map((backend): [Split, Backend] => [split, backend]))
}

function originOf(split: Split, backend: Backend): SeriesOrigin | undefined {
  return split.origin && backend.origin && { split: split.origin, backend: backend.origin }
}

function beginEra(entry: Entry, origin: SeriesOrigin | undefined): void {
  const present = entry.eras.at(-1)!.origin
  if ((present?.split === origin?.split && present?.backend === origin?.backend) || sameData(present, origin)) return
  entry.eras = [...entry.eras, { origin, base: add(entry.blocks, backendBlockCells) }].slice(-maxEras)
}

/** Each era has what was counted in it; the gauges are of the present one. */
function seriesOf({ split, backend, blocks, eras }: Entry): readonly BackendSeries[] {
  const now = add(blocks, backendBlockCells)
  return eras.map(({ origin, base }, index) => {
    const next = eras[index + 1]
    const cells = (next?.base ?? now).map((value, cell) => value - base[cell]!)
    for (const gauge of backendGauges) cells[gauge] = next === undefined ? now[gauge]! : 0
    return { split, backend, origin, cells }
  })
}

/** Unambiguous whatever characters the names have. */
function keyOf(split: string, backend: string): string {
  return JSON.stringify([split, backend])
}

function add(blocks: readonly SharedArrayBuffer[], cells: number): Float64Array {
  const total = new Float64Array(cells)
  for (const block of blocks) {
    const view = new Float64Array(block)
    for (let i = 0; i < cells; i++) total[i]! += view[i]!
  }
  return total
}

function zero(block: SharedArrayBuffer, cells: readonly number[]): void {
  const view = new Float64Array(block)
  for (const cell of cells) view[cell] = 0
}
