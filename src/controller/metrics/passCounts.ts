import type { RolloutEvent } from '../../core/rollout/decision.ts'
import { refOfKey } from '../../kube/resource.ts'

export type PassSeries = {
  readonly labels: { readonly namespace: string; readonly name: string }
  readonly errors: number
  /** By themselves, with one more for what is beyond all bounds. */
  readonly buckets: readonly number[]
  readonly sumSeconds: number
  readonly events: ReadonlyMap<string, { readonly type: string; readonly reason: string; readonly count: number }>
}

/** What was done about each Rollout. */
export type PassCounts = {
  pass(key: string, seconds: number, hasFailed: boolean): void
  event(key: string, event: RolloutEvent): void
  /** Its series end, a while after: what was counted last is to be scraped as well. */
  gone(key: string): void
  series(): readonly PassSeries[]
}

type Counted = {
  errors: number
  readonly buckets: number[]
  sumSeconds: number
  readonly events: Map<string, { type: string; reason: string; count: number }>
  goneMs: number | undefined
}

/** As upstream keeps them. */
const keptMs = 65_000

export function openPassCounts(bounds: readonly number[], now: () => number = () => performance.now()): PassCounts {
  const byKey = new Map<string, Counted>()

  function of(key: string): Counted {
    const found = byKey.get(key) ?? {
      errors: 0,
      buckets: new Array<number>(bounds.length + 1).fill(0),
      sumSeconds: 0,
      events: new Map(),
      goneMs: undefined,
    }
    found.goneMs = undefined
    byKey.set(key, found)
    return found
  }

  return {
    pass(key, seconds, hasFailed) {
      const counted = of(key)
      const at = bounds.findIndex((bound) => seconds <= bound)
      const bucket = at < 0 ? bounds.length : at
      counted.buckets[bucket] = (counted.buckets[bucket] ?? 0) + 1
      counted.sumSeconds += seconds
      if (hasFailed) counted.errors++
    },
    event(key, { type, reason }) {
      const { events } = of(key)
      const known = events.get(`${type} ${reason}`)
      events.set(`${type} ${reason}`, { type, reason, count: (known?.count ?? 0) + 1 })
    },
    gone(key) {
      const counted = byKey.get(key)
      if (counted !== undefined) counted.goneMs ??= now()
    },
    series() {
      for (const [key, { goneMs }] of byKey) if (goneMs !== undefined && now() - goneMs > keptMs) byKey.delete(key)
      return [...byKey].map(([key, counted]) => {
        const { namespace = '', name } = refOfKey(key)
        return { ...counted, labels: { namespace, name } }
      })
    },
  }
}
