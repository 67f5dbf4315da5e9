import type { Ledger } from '../blocks.ts'
import { at, backendBlockCells, backendGauges, codes, methods } from '../counters.ts'

/** What a TrafficSplit is served by: splits of the table, and the backends in them. */
export type Followed = { readonly uid: string; readonly splits: readonly string[]; readonly backends: readonly string[] }

/**
 * Counts per TrafficSplit and backend, summed over the splits of the table that carry it out. Routes come and go, and with them such splits: what
 * they counted stays in the sum, so that it never falls, and so does what is still in flight through them.
 */
export type Tallies = {
  /** All that there are. */
  follow(all: readonly Followed[]): void
  /** Laid out by `at`. */
  total(uid: string, backend: string): Float64Array
  /** Another text whenever `total` may be another one. */
  activity(uid: string, backend: string): string
}

type Tally = {
  /** Another one with each change of `splits`. */
  changes: number
  splits: ReadonlySet<string>
  /** By split that has left the table, then by backend: its last sum. The ledger keeps it for a while. */
  readonly left: Map<string, Map<string, Float64Array>>
  /** By backend: of splits that the ledger has let go. */
  readonly carried: Map<string, Float64Array>
  /** Of all versions. */
  readonly backends: Set<string>
}

/** Of the ledger: sums are zeros for what is not known, or not any more. */
export function openTallies({ sum: sumOf, activity: activityOf }: Pick<Ledger, 'sum' | 'activity'>): Tallies {
  const tallies = new Map<string, Tally>()

  function carry(tally: Tally, backend: string, cells: Float64Array): void {
    const counts = added([tally.carried.get(backend), cells])
    for (const gauge of backendGauges) counts[gauge] = 0
    tally.carried.set(backend, counts)
  }

  /** The sum now; if the ledger has begun anew since `before`, that is carried on. */
  function sumSince(tally: Tally, split: string, backend: string, before: Float64Array): Float64Array {
    const now = sumOf(split, backend)
    if (requestsIn(now) < requestsIn(before)) carry(tally, backend, before)
    return now
  }

  function bringBack(tally: Tally, split: string): void {
    for (const [backend, before] of tally.left.get(split) ?? []) sumSince(tally, split, backend, before)
    tally.left.delete(split)
  }

  return {
    follow(all) {
      const present = new Set(all.map(({ uid }) => uid))
      for (const uid of tallies.keys()) if (!present.has(uid)) tallies.delete(uid)
      for (const { uid, splits, backends } of all) {
        const tally: Tally = tallies.get(uid) ?? { changes: 0, splits: new Set(), left: new Map(), carried: new Map(), backends: new Set() }
        tallies.set(uid, tally)
        const next = new Set(splits)
        if (next.size !== tally.splits.size || splits.some((split) => !tally.splits.has(split))) tally.changes++
        for (const split of next) bringBack(tally, split)
        for (const split of tally.splits) {
          if (!next.has(split)) tally.left.set(split, new Map([...tally.backends].map((backend) => [backend, sumOf(split, backend)])))
        }
        tally.splits = next
        for (const backend of backends) tally.backends.add(backend)
      }
    },
    total(uid, backend) {
      const tally = tallies.get(uid)
      if (tally === undefined) return added([])
      const leaving: Float64Array[] = []
      for (const [split, backends] of tally.left) {
        const before = backends.get(backend)
        if (before === undefined) continue
        const now = sumSince(tally, split, backend, before)
        backends.set(backend, now)
        leaving.push(now)
      }
      if (leaving.length === 0 && tally.splits.size === 1 && !tally.carried.has(backend)) return sumOf([...tally.splits][0]!, backend)
      return added([tally.carried.get(backend), ...leaving, ...[...tally.splits].map((split) => sumOf(split, backend))])
    },
    activity(uid, backend) {
      const tally = tallies.get(uid)
      if (tally === undefined) return ''
      let sum = 0
      for (const split of tally.splits) sum += activityOf(split, backend)
      for (const split of tally.left.keys()) sum += activityOf(split, backend)
      return `${tally.changes} ${sum}`
    },
  }
}

function requestsIn(cells: Float64Array): number {
  let sum = 0
  for (let i = at.requests; i < at.requests + methods.length * codes.length; i++) sum += cells[i]!
  return sum
}

function added(blocks: readonly (Float64Array | undefined)[]): Float64Array {
  const total = new Float64Array(backendBlockCells)
  for (const block of blocks) if (block !== undefined) for (let i = 0; i < total.length; i++) total[i]! += block[i]!
  return total
}
