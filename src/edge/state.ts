import { isDeepStrictEqual } from 'node:util'
import type { Split } from '../core/routing/types.ts'
import { type Mistake, withWeights } from '../core/routing/validate.ts'
import type { Ledger } from './blocks.ts'
import type { EdgeConfig } from './config.ts'
import { at, pickReasons } from './counters.ts'
import type { ChangeOutcome, Crew } from './crew.ts'

export type SplitStatus = {
  readonly split: Split
  /** Strong, quotes included; another one after every change of the split's configuration, and never the same again. */
  readonly etag: string
  /** Rises with each `etag`. */
  readonly generation: number
  readonly weightsFrom: 'file' | 'admin'
  readonly weightsSince: Date
  /** Per backend what `picksOf` was when the weights last changed. */
  readonly picksBefore: ReadonlyMap<string, Picks>
}

export type EdgeStatus = {
  /** Of the table in use; 0 before the first. */
  readonly version: number
  readonly config: EdgeConfig | undefined
  readonly splits: ReadonlyMap<string, SplitStatus>
  readonly appliedAt: Date | undefined
  /** Configurations that were not taken. */
  readonly rejected: number
  readonly draining: boolean
}

export type WeightsOutcome =
  | ChangeOutcome
  | { readonly kind: 'unknown'; readonly known: readonly string[] }
  | { readonly kind: 'stale'; readonly etag: string }
  | { readonly kind: 'mistaken'; readonly mistakes: readonly Mistake[] }

/** What the edge is set to at the moment. Its changes are to be called in the lane. */
export type EdgeState = {
  status(): EdgeStatus
  /** Calls after each change of tables, and when draining begins; returns what ends that. */
  watch(watcher: () => void): () => void
  /** Takes a configuration from the source; weights set by admin end with it. */
  accept(config: EdgeConfig): Promise<ChangeOutcome>
  /** `matches` is asked with the present ETag, in the lane: of several callers who saw the same one, the first wins. */
  setWeights(split: string, weights: Readonly<Record<string, number>>, matches: (etag: string) => boolean): Promise<WeightsOutcome>
  /** Gives the workers the present configuration anew, with what has changed beside it. */
  reapply(): Promise<ChangeOutcome>
  countRejected(): void
  startDraining(): void
}

export function openState(options: { readonly crew: Pick<Crew, 'change'>; readonly ledger: Ledger; readonly instanceId: string }): EdgeState {
  const { crew, ledger, instanceId } = options
  let status: EdgeStatus = { version: 0, config: undefined, splits: new Map(), appliedAt: undefined, rejected: 0, draining: false }
  let version = 0
  let generations = 0
  const watchers = new Set<() => void>()

  function tell(): void {
    for (const watcher of watchers) watcher()
  }

  async function change(config: EdgeConfig, fromAdmin: string | undefined): Promise<ChangeOutcome> {
    version++
    ledger.admit(config.routing)
    const outcome = await crew.change(version, config)
    if (outcome.kind === 'applied') {
      const splits = new Map(config.routing.splits.map((split) => [split.name, next(split, fromAdmin)]))
      status = { ...status, version, config, splits, appliedAt: new Date() }
    }
    ledger.settle(status.config?.routing ?? { routes: [], splits: [] })
    if (outcome.kind === 'applied') tell()
    return outcome
  }

  function next(split: Split, fromAdmin: string | undefined): SplitStatus {
    const before = status.splits.get(split.name)
    const setNow = split.name === fromAdmin
    const weightsFrom = setNow || (fromAdmin !== undefined && before?.weightsFrom === 'admin') ? 'admin' : 'file'
    const stamp = (): Pick<SplitStatus, 'generation' | 'etag'> => ({ generation: ++generations, etag: `"${instanceId}-${generations}"` })
    if (before === undefined || !sameWeights(before.split, split))
      return { split, ...stamp(), weightsFrom, weightsSince: new Date(), picksBefore: picksNow(split) }
    if (!setNow && before.weightsFrom === weightsFrom && isDeepStrictEqual(before.split, split)) return before
    return { ...before, split, ...stamp(), weightsFrom }
  }

  function picksNow(split: Split): ReadonlyMap<string, Picks> {
    return new Map(split.backends.map((backend) => [backend.name, picksOf(ledger.sum(split.name, backend.name))]))
  }

  return {
    status: () => status,
    watch(watcher) {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    accept: (config) => change(config, undefined),
    async setWeights(name, weights, matches) {
      const { config, splits } = status
      const present = splits.get(name)
      if (config === undefined || present === undefined) return { kind: 'unknown', known: [...splits.keys()] }
      if (!matches(present.etag)) return { kind: 'stale', etag: present.etag }
      const changed = withWeights(present.split, weights)
      if (!changed.ok) return { kind: 'mistaken', mistakes: changed.mistakes }
      const others = config.routing.splits
      const routing = { ...config.routing, splits: others.map((split) => (split.name === name ? changed.split : split)) }
      return change({ ...config, routing }, name)
    },
    async reapply() {
      // '' names no split: weights that were set by admin stay theirs.
      return status.config === undefined ? { kind: 'applied' } : change(status.config, '')
    },
    countRejected() {
      status = { ...status, rejected: status.rejected + 1 }
    },
    startDraining() {
      status = { ...status, draining: true }
      tell()
    },
  }
}

/**
 * Choices that the weights stand behind, those included that a backend lost to its fallback or to a 503 because nothing of it could take them.
 * With stickiness by cookie `weight` counts clients that came for the first time, and `sticky` their later requests.
 */
export type Picks = { readonly weight: number; readonly sticky: number }

export function picksOf(cells: Float64Array): Picks {
  return { weight: cells[at.picks + pickReasons.indexOf('weight')]!, sticky: cells[at.picks + pickReasons.indexOf('sticky')]! }
}

function sameWeights(a: Split, b: Split): boolean {
  const weights = (split: Split): unknown => split.backends.map((backend) => [backend.name, backend.weight])
  return a.totalWeight === b.totalWeight && isDeepStrictEqual(weights(a), weights(b))
}
