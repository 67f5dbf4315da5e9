import type { ResourceName } from '../../cluster.ts'
import type { Unstructured } from '../../unstructured.ts'

/** One write, as it is told to watches. */
export type StoreEvent = {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly resource: ResourceName
  /** `namespace/name`, or the name alone. */
  readonly key: string
  /** For DELETED: the last state, with the version of the deletion. */
  readonly object: Unstructured
  /** What stood before; undefined for ADDED. */
  readonly previous: Unstructured | undefined
}

export type HistoryLimits = { readonly maxEvents: number; readonly maxAgeMs: number }

export type History = {
  /** The newest revision of which the events are gone: whoever knows the state at this one, or at a later one, can follow. */
  compacted(): number
  add(event: StoreEvent): void
  /** Events after a revision, oldest first; undefined if some of them are gone. */
  after(revision: number): readonly StoreEvent[] | undefined
  /** Forgets everything up to and including a revision. */
  compact(revision: number): void
}

/** The last writes, by number and age. `from` is the revision at which it begins. */
export function openHistory(limits: HistoryLimits, nowMs: () => number, from: number): History {
  let events: StoreEvent[] = []
  let times: number[] = []
  let first = 0
  let compacted = from

  const drop = (count: number): void => {
    if (count === 0) return
    first += count
    compacted = events[first - 1]!.revision
    // Moving the rest down each time would cost as much as there is.
    if (first > 1_024 && first * 2 > events.length) {
      events = events.slice(first)
      times = times.slice(first)
      first = 0
    }
  }
  const dropOld = (): void => {
    const oldestMs = nowMs() - limits.maxAgeMs
    let count = Math.max(0, events.length - first - limits.maxEvents)
    while (first + count < events.length && times[first + count]! < oldestMs) count++
    drop(count)
  }
  /** The place of the first event after a revision. */
  const placeAfter = (revision: number): number => {
    let [low, high] = [first, events.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (events[middle]!.revision > revision) high = middle
      else low = middle + 1
    }
    return low
  }

  return {
    compacted: () => {
      dropOld()
      return compacted
    },
    add(event) {
      events.push(event)
      times.push(nowMs())
      dropOld()
    },
    after(revision) {
      dropOld()
      return revision < compacted ? undefined : events.slice(placeAfter(revision))
    },
    compact: (revision) => drop(placeAfter(revision) - first),
  }
}
