import { type Backoff, backoffMs } from '../../lib/backoff.ts'
import { openHeap } from '../../lib/heap.ts'
import { ApiError } from '../apiserver/apiError.ts'
import type { Cluster, ClusterEvent, ResourceName } from '../cluster.ts'
import { type EventRecorder, openEventRecorder } from '../events.ts'
import type { Clock } from './clock.ts'

/** Keeps the objects of one key as they should be, whatever happened to them: level-triggered. */
export type Controller = {
  /** `deployment-controller` */
  readonly name: string
  /** What wakes it. Objects that exist at the start count as ADDED. */
  readonly follows: readonly ResourceName[] | 'all'
  keysOf(event: ClusterEvent, cluster: Cluster): Iterable<string>
  /** Does what there is to do now. Returns when (wall ms) to look again, if nothing happens before. What it throws is tried again. */
  sync(key: string, world: World): number | undefined
}

export type World = { readonly cluster: Cluster; readonly recorder: EventRecorder; readonly nowMs: number }

export type RunnerOptions = {
  readonly cluster: Cluster
  readonly controllers: readonly Controller[]
  readonly clock: Clock
  readonly random?: () => number
  /** Hears of failures that are no refusals by the cluster: those are ordinary, and tried again. */
  onFailure?(controller: string, key: string, error: unknown): void
}

export type Runner = { stop(): void }

/** Upstream's, but for its longest wait of 1,000 s: here a person is waiting. */
const retries: Backoff = { firstMs: 5, longestMs: 30_000 }
/** After this long, requests have their turn. */
const turnMs = 10

/** A controller at work: the keys that wait or have failed, and what it works with. */
type Post = { readonly controller: Controller; readonly entries: Map<string, Entry>; readonly recorder: EventRecorder }
type Entry = { readonly post: Post; readonly key: string; dueMs: number | undefined; failures: number }
type Turn = { readonly entry: Entry; readonly dueMs: number }

/** Works off the keys of all controllers, one at a time, those that have been due for the longest first. A key waits once, at the earliest time asked for. */
export function startRunner({ cluster, controllers, clock, random = Math.random, onFailure }: RunnerOptions): Runner {
  const turns = openHeap<Turn>((a, b) => a.dueMs < b.dueMs)
  const endings: (() => void)[] = []
  let alarm: (() => void) | undefined
  let alarmMs = Number.POSITIVE_INFINITY
  let stopped = false

  function add(entry: Entry, atMs: number): void {
    // A time that is over is now: otherwise who asks for an early one would always be first.
    const dueMs = Math.max(atMs, clock.nowMs())
    if (entry.dueMs !== undefined && entry.dueMs <= dueMs) return
    entry.dueMs = dueMs
    turns.push({ entry, dueMs })
    arm()
  }

  function arm(): void {
    const next = turns.peek()
    if (stopped || next === undefined || next.dueMs >= alarmMs) return
    alarm?.()
    alarmMs = next.dueMs
    alarm = clock.wakeAt(next.dueMs, work)
  }

  function work(): void {
    alarm = undefined
    alarmMs = Number.NEGATIVE_INFINITY
    const startMs = performance.now()
    for (let turn = turns.peek(); turn !== undefined && !stopped; turn = turns.peek()) {
      const { entry, dueMs } = turn
      // Asked for earlier since.
      const isStale = entry.dueMs !== dueMs
      if (!isStale && (dueMs > clock.nowMs() || performance.now() - startMs > turnMs)) break
      turns.pop()
      if (!isStale) handle(entry)
    }
    alarmMs = Number.POSITIVE_INFINITY
    arm()
  }

  function handle(entry: Entry): void {
    const { post, key } = entry
    const { controller, entries, recorder } = post
    entry.dueMs = undefined
    try {
      const againMs = controller.sync(key, { cluster, recorder, nowMs: clock.nowMs() })
      entry.failures = 0
      if (againMs !== undefined) add(entry, againMs)
    } catch (error) {
      if (!isNamespaceEnding(error)) {
        if (!(error instanceof ApiError)) onFailure?.(controller.name, key, error)
        entry.failures++
        add(entry, clock.nowMs() + backoffMs(retries, entry.failures, random))
      }
    }
    if (entry.dueMs === undefined) entries.delete(key)
  }

  function open(controller: Controller): void {
    const entries = new Map<string, Entry>()
    const post = { controller, entries, recorder: openEventRecorder({ cluster, component: controller.name, nowMs: clock.nowMs }) }
    const hear = (event: ClusterEvent): void => {
      for (const key of controller.keysOf(event, cluster)) {
        let entry = entries.get(key)
        if (entry === undefined) entries.set(key, (entry = { post, key, dueMs: undefined, failures: 0 }))
        add(entry, clock.nowMs())
      }
    }
    endings.push(cluster.follow(controller.follows, hear))
    const resources = controller.follows === 'all' ? cluster.kinds().map(({ resource }) => resource) : controller.follows
    for (const resource of resources) for (const object of cluster.list(resource)) hear({ type: 'ADDED', resource, object, previous: undefined })
  }

  for (const controller of controllers) open(controller)
  return {
    stop() {
      stopped = true
      alarm?.()
      for (const end of endings.splice(0)) end()
    },
  }
}

/** What is created in a namespace that is being deleted is refused; there is nothing left to do. */
export function isNamespaceEnding(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  const causes = error.details?.['causes']
  return Array.isArray(causes) && causes.some((cause) => cause?.reason === 'NamespaceTerminating')
}
