import type { KubeObject } from '../api/meta.ts'
import type { Rollout } from '../api/rollout.ts'
import type { ActionFailure, Instant, ObservedEdge } from '../core/rollout/observed.ts'
import type { KubeClient } from '../kube/client.ts'
import { openQueue, type Worked, type WorkQueue } from '../kube/queue.ts'
import type { Recorder } from '../kube/recorder.ts'
import { pods, type Resource, replicaSets, services } from '../kube/resource.ts'
import { backoffMs } from '../lib/backoff.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import { openExpectations } from './expectations.ts'
import type { PassCounts } from './metrics/passCounts.ts'
import { rollouts, trafficSplits } from './resources.ts'
import type { Written } from './rollout/execute.ts'
import { observe } from './rollout/observe.ts'
import { carryOut, type Decide, type EventsOf, type Passed } from './rollout/pass.ts'
import type { Stores } from './stores.ts'
import { subscribeKeys } from './triggers.ts'

export type LoopOptions = {
  readonly client: KubeClient
  readonly stores: Stores
  readonly decide: Decide
  readonly eventsOf: EventsOf
  readonly recorder: Pick<Recorder, 'record'>
  readonly log: Log
  readonly workers: number
  readonly isEdgeDefault: boolean
  hasIstio(): boolean | undefined
  /** Edges that matter to the split of that key. */
  edgesOf(key: string): readonly ObservedEdge[]
  /** Aborts when this process may not write any more; throws where it may not now. */
  guard(): AbortSignal
  readonly counts: PassCounts
  readonly now?: () => Instant
  readonly watchLagMs?: number
}

export type Loop = {
  /** Something about that Rollout has changed. */
  add(key: string): void
  run(signal: AbortSignal): Promise<void>
}

/** What is known of a Rollout beside the stores. */
type Memory = { readonly failure: ActionFailure | undefined; readonly failures: number }

const retry = { firstMs: 50, longestMs: 30_000 }
/** Whatever happens, each Rollout is looked at so often. */
const resyncMs = 600_000

/** A key is observed, decided upon and carried out; and again when anything changes, or at the time the decision names. */
export function openLoop(options: LoopOptions): Loop {
  const { client, stores, decide, eventsOf, recorder, log, counts, workers, now = Date.now } = options
  const memories = new Map<string, Memory>()
  const expectations = openExpectations({ find, onLate: tellLate, ...(options.watchLagMs !== undefined && { longestMs: options.watchLagMs }) })
  const queue: WorkQueue = openQueue({
    workers,
    onFailure: (key, error, failures) =>
      log.warn('a rollout could not be looked after; trying again', { rollout: key, failures, error: explain(error) }),
  })

  function find(resource: Resource, key: string): KubeObject | undefined {
    return storeOf(resource)?.get(key)
  }

  function storeOf(resource: Resource): { get(key: string): KubeObject | undefined } | undefined {
    switch (resource) {
      case rollouts:
        return stores.rollouts
      case replicaSets:
        return stores.replicaSets
      case pods:
        return stores.pods
      case services:
        return stores.services
      case trafficSplits:
        return stores.splits
      default:
        return undefined
    }
  }

  async function work(key: string, signal: AbortSignal): Promise<Worked> {
    const rollout = stores.rollouts.get(key)
    if (rollout === undefined || rollout.metadata.deletionTimestamp !== undefined) {
      memories.delete(key)
      expectations.forget(key)
      counts.gone(key)
      return { kind: 'done' }
    }
    const waitMs = expectations.waitsUntil(key)
    if (waitMs !== undefined) return { kind: 'again', atMs: waitMs }
    const startedMs = performance.now()
    try {
      const worked = await look(key, rollout, signal)
      counts.pass(key, (performance.now() - startedMs) / 1_000, false)
      return worked
    } catch (error) {
      if (!signal.aborted) counts.pass(key, (performance.now() - startedMs) / 1_000, true)
      throw error
    }
  }

  async function look(key: string, rollout: Rollout, signal: AbortSignal): Promise<Worked> {
    const { failure, failures = 0 } = memories.get(key) ?? {}
    const edges = options.edgesOf(key)
    const observed = observe(rollout, stores, { isEdgeDefault: options.isEdgeDefault, hasIstio: options.hasIstio(), edges, failure })
    const at = now()
    const decision = decide(rollout, observed, at)
    const passed = await carryOut({
      client,
      rollout,
      observed,
      decision,
      isCurrent: (own) => isOne(stores.rollouts.get(key), rollout, own?.object),
      guard: () => AbortSignal.any([signal, options.guard()]),
      onWritten: (written) => expectations.expect(key, written),
    })
    const after = passed.status === 'written' ? decision.status : (rollout.status ?? {})
    for (const event of eventsOf(passed.executed, rollout.status, after)) {
      recorder.record(rollouts, rollout, event)
      counts.event(key, event)
    }
    const memory = remembered(passed, { failure, failures })
    if (memory === undefined) memories.delete(key)
    else memories.set(key, memory)
    if (passed.failure !== undefined) tellFailure(key, passed.failure, memory?.failures ?? 0)
    return next(passed, memory, decision.wakeAt === undefined ? undefined : decision.wakeAt - at)
  }

  function tellLate(key: string, { resource, object }: Written): void {
    log.warn('a write has not come back by a watch; going on without', { rollout: key, resource: resource.name, object: object.metadata.name })
  }

  function tellFailure(key: string, failure: NonNullable<Passed['failure']>, failures: number): void {
    const { action, object, message } = failure
    if (failure.isStale) log.info('an action was overtaken by another change', { rollout: key, action, object, error: message })
    else log.warn('an action failed', { rollout: key, action, object, failures, error: message })
  }

  return {
    add: (key) => queue.add(key),
    async run(signal) {
      const unsubscribe = subscribeKeys(stores, {
        add: (key) => queue.add(key),
        deleted: (resource, object) => expectations.deleted(resource, object),
      })
      try {
        await queue.run(work, signal)
      } finally {
        unsubscribe()
      }
    },
  }
}

/** The object that was decided from, or what our own write made of it. */
function isOne(found: Rollout | undefined, decided: Rollout, own: KubeObject | undefined): boolean {
  const version = found?.metadata.resourceVersion
  return version === decided.metadata.resourceVersion || (own !== undefined && version === own.metadata.resourceVersion)
}

/** A failure is told to the next decision, and to those after it until one that saw it is carried out. */
function remembered({ executed, failure, status }: Passed, before: Memory): Memory | undefined {
  if (failure !== undefined && !failure.isStale) {
    const { isStale: _, ...told } = failure
    return { failure: told, failures: before.failures + 1 }
  }
  const failures = failure !== undefined || status === 'overtaken' ? before.failures + 1 : 0
  if (executed.length === 0 && status === 'overtaken') return { failure: before.failure, failures }
  return failures === 0 ? undefined : { failure: undefined, failures }
}

function next({ failure, status }: Passed, memory: Memory | undefined, wakeInMs: number | undefined): Worked {
  const nowMs = performance.now()
  const waits = [wakeInMs === undefined ? resyncMs : Math.min(resyncMs, Math.max(0, wakeInMs))]
  // The first time at once, for the status to tell of it.
  const isNews = failure !== undefined && !failure.isStale && memory?.failures === 1
  if (isNews) waits.push(0)
  else if (failure !== undefined || status === 'overtaken') waits.push(backoffMs(retry, memory?.failures ?? 1, Math.random))
  return { kind: 'again', atMs: nowMs + Math.min(...waits) }
}
