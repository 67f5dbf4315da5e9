import type { Routing, Split } from '../core/routing/types.ts'
import { backendBlockCells, backendGauges, newBlock, workerAt, workerBlockCells } from './counters.ts'
import type { BackendBlocks } from './protocol.ts'

/** What all workers together counted for one backend; `cells` is laid out by `at`. */
export type BackendSeries = { readonly split: string; readonly backend: string; readonly cells: Float64Array }

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
  /** Backends in use, and those gone for less than `keepMs`. */
  series(): BackendSeries[]
  sum(split: string, backend: string): Float64Array
  /** Of one cell, the largest that any worker has. */
  most(split: string, backend: string, cell: number): number
  /** All workers' own blocks together, laid out by `workerAt`; `tableVersion` is the lowest, `lagMs` the highest. */
  workerSum(): Float64Array
}

type Entry = {
  readonly split: string
  readonly backend: string
  readonly blocks: readonly SharedArrayBuffer[]
  routed: boolean
  goneAt: number | undefined
}

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
        if (entries.has(keyOf(split, backend))) continue
        const blocks = Array.from({ length: workers }, () => newBlock(backendBlockCells))
        entries.set(keyOf(split, backend), { split, backend, blocks, routed: false, goneAt: undefined })
      }
    },
    settle(routing) {
      const used = new Set(pairs(routing).map(([split, backend]) => keyOf(split, backend)))
      for (const [key, entry] of entries) {
        if (used.has(key)) {
          entry.routed = true
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
      return [...entries.values()].map(({ split, backend, blocks }) => ({ split, backend, cells: add(blocks, backendBlockCells) }))
    },
    sum: (split, backend) => add(entries.get(keyOf(split, backend))?.blocks ?? [], backendBlockCells),
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

function pairs(routing: Routing): [split: string, backend: string][] {
  return routing.splits.flatMap((split) => split.backends.map((backend): [string, string] => [split.name, backend.name]))
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
