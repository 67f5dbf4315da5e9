/** The controller's loop: observe, decide, carry out, write the status, sleep until something changes or the decision's own time has come. */
import type { Rollout, RolloutStatus } from '../../../src/api/rollout.ts'
import { componentLabel, managedByAnnotation, rolloutLabel } from '../../../src/api/rolloutLabels.ts'
import { servicesNamed } from '../../../src/controller/rollout/servicesNamed.ts'
import { statusWrite } from '../../../src/controller/rollout/statusWrite.ts'
import type { Action, Decision } from '../../../src/core/rollout/decision.ts'
import type { ActionFailure, Instant, Observed, ObservedEdge, RouterFacts } from '../../../src/core/rollout/observed.ts'
import type { JsonPatchStep } from '../../../src/kube/client.ts'
import { type Cache, openCache } from './cache.ts'
import type { Cancel, Clock } from './clock.ts'
import { execute } from './execute.ts'
import { isSame, type Kind, Refusal, type Store } from './store.ts'

export type Decide = (rollout: Rollout, observed: Observed, now: Instant) => Decision

export type LoopSettings = {
  readonly store: Store
  readonly clock: Clock
  readonly rolloutName: string
  readonly router: RouterFacts
  readonly decide: Decide
  edges(): readonly ObservedEdge[]
  evict(pod: string): void
  /** From the API server to the controller's knowledge. */
  cacheLagMs(kind: Kind): number
  readonly watcher: Watcher
}

/** Looks on; may also stand in the way. */
export type Watcher = {
  onPass?(pass: Pass): void
  /** Before a write, which is the status where no action is given: `crash` ends the process there, `lose` lets the write happen but not its answer. */
  beforeWrite?(action: Action | undefined): 'crash' | 'lose' | 'refuse' | undefined
  onAction?(action: Action, failure: ActionFailure | undefined): void
  onStatus?(before: Rollout, after: RolloutStatus, executed: readonly Action[]): void
}

export type Pass = { readonly rollout: Rollout; readonly observed: Observed; readonly now: Instant; readonly decision: Decision }

export type Loop = {
  readonly cache: Cache
  changed(): void
  /** The pass that would be made now, without making it; undefined: there is no Rollout. */
  preview(now?: Instant): Pass | undefined
  restart(): void
  /** Something failed, and is tried again soon. */
  isRetrying(): boolean
}

const retryMs = 1_000
const staleReasons: ReadonlySet<string> = new Set(['Conflict', 'NotFound'])
/** For so long at most, own writes are waited for to come back. */
const watchLagMs = 5_000

export function runLoop(settings: LoopSettings): Loop {
  const { store, clock, rolloutName, decide, watcher } = settings
  let failure: ActionFailure | undefined
  let wake: Cancel | undefined
  let retryAt: Instant | undefined
  let isDue = false
  let isWriting = false
  const expected = new Map<string, { readonly kind: Kind; readonly name: string; readonly version: number | undefined; readonly until: Instant }>()
  const cache = openCache(store, clock, settings.cacheLagMs, changed)

  function changed(): void {
    if (isDue) return
    isDue = true
    clock.at(clock.now(), pass)
  }

  function preview(now = clock.now()): Pass | undefined {
    const rollout = cache.get('Rollout', rolloutName)
    if (rollout === undefined) return undefined
    const observed = observe(rollout)
    return { rollout, observed, now, decision: decide(rollout, observed, now) }
  }

  function observe(rollout: Rollout): Observed {
    const { uid } = rollout.metadata
    const replicaSets = cache.list('ReplicaSet').filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
    const setUids = new Set(replicaSets.map(({ metadata }) => metadata.uid))
    const named = new Set(servicesNamed(rollout))
    const isOurs = (name: string, labels: Readonly<Record<string, string>>): boolean =>
      named.has(name) || (labels[componentLabel] === 'backend' && labels[rolloutLabel] === rollout.metadata.name)
    const services = cache
      .list('Service')
      .filter(({ metadata }) => isOurs(metadata.name, metadata.labels ?? {}) || metadata.annotations?.[managedByAnnotation] === rolloutName)
    return {
      replicaSets,
      pods: cache.list('Pod').filter(({ metadata }) => setUids.has(metadata.ownerReferences?.[0]?.uid)),
      services: new Map(services.map((service) => [service.metadata.name, service])),
      claimedBy: new Map(),
      router: settings.router,
      split: cache.get('TrafficSplit', rolloutName),
      edges: settings.edges(),
      failure,
    }
  }

  function pass(): void {
    isDue = false
    wake?.()
    wake = undefined
    retryAt = undefined
    const behindUntil = unseen()
    if (behindUntil !== undefined) {
      wake = clock.at(behindUntil, changed)
      return
    }
    const now = preview()
    if (now === undefined) return
    watcher.onPass?.(now)
    const { rollout, decision } = now
    let failed: ActionFailure | undefined
    const executed: Action[] = []
    for (const action of decision.actions) {
      const outcome = attempt(action, rollout)
      if (outcome === 'crashed') return restart()
      failed = outcome
      watcher.onAction?.(action, failed)
      if (failed !== undefined) break
      executed.push(action)
    }
    // Of what others changed meanwhile, nobody is told.
    const isNews = failed !== undefined && !staleReasons.has(failed.reason)
    failure = isNews ? failed : undefined
    const written = writeStatus(rollout, decision.status, executed)
    if (written === 'crashed') return restart()
    retryAt = failed !== undefined || written === 'overtaken' ? clock.now() + retryMs : undefined
    const at = Math.min(retryAt ?? Number.POSITIVE_INFINITY, decision.wakeAt ?? Number.POSITIVE_INFINITY)
    if (at < Number.POSITIVE_INFINITY) wake = clock.at(at, changed)
  }

  /** Until when knowledge of our own writes is worth waiting for. */
  function unseen(): Instant | undefined {
    for (const [key, { kind, name, version, until }] of expected) {
      const known = cache.get(kind, name)
      if (until <= clock.now() || (version === undefined ? known === undefined : Number(known?.metadata.resourceVersion ?? 0) >= version))
        expected.delete(key)
    }
    return expected.size === 0 ? undefined : Math.min(...[...expected.values()].map(({ until }) => until))
  }

  store.onChange(({ kind, name, object }) => {
    if (!isWriting) return
    expected.set(`${kind} ${name}`, { kind, name, version: object && Number(object.metadata.resourceVersion), until: clock.now() + watchLagMs })
  })

  function attempt(action: Action, rollout: Rollout): ActionFailure | 'crashed' | undefined {
    const { name, uid = '' } = rollout.metadata
    const verdict = watcher.beforeWrite?.(action)
    if (verdict === 'crash') return 'crashed'
    try {
      if (verdict === 'refuse') throw new Refusal('InternalError', 'the server is not at its best')
      isWriting = true
      execute(action, { store, rollout: { name, uid }, evict: settings.evict })
      return verdict === 'lose' ? 'crashed' : undefined
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { action: action.kind, object: objectOf(action), reason: error.reason, message: error.message }
    } finally {
      isWriting = false
    }
  }

  function writeStatus(rollout: Rollout, status: RolloutStatus, executed: readonly Action[]): 'written' | 'overtaken' | 'crashed' {
    const steps = statusWrite(rollout, status)
    if (steps === undefined) return 'written'
    const verdict = watcher.beforeWrite?.(undefined)
    if (verdict === 'crash') return 'crashed'
    const latest = store.get('Rollout', rolloutName)
    const patched = latest === undefined || verdict === 'refuse' ? undefined : patchedBy(latest, steps)
    if (patched === undefined) return 'overtaken'
    isWriting = true
    store.update('Rollout', patched)
    isWriting = false
    watcher.onStatus?.(rollout, patched.status ?? {}, executed)
    return verdict === 'lose' ? 'crashed' : 'written'
  }

  /** Another process takes over: it knows what is there, and nothing of what was on its mind. */
  function restart(): void {
    failure = undefined
    expected.clear()
    wake?.()
    wake = undefined
    cache.relist()
    changed()
  }

  return { cache, changed, preview, restart, isRetrying: () => retryAt !== undefined }
}

/** Undefined: a test does not hold. */
function patchedBy(rollout: Rollout, steps: readonly JsonPatchStep[]): Rollout | undefined {
  const fields: { [path: string]: unknown } = { '/metadata/uid': rollout.metadata.uid, '/status': rollout.status }
  for (const [name, value] of Object.entries(rollout.status ?? {})) fields[`/status/${name}`] = value
  const status: { [name: string]: unknown } = { ...rollout.status }
  for (const step of steps) {
    const name = step.path.slice('/status/'.length)
    if (step.op === 'test' && !isSame(fields[step.path] ?? null, step.value)) return undefined
    if (step.op === 'add' && name !== '') status[name] = step.value
    if (step.op === 'add' && name === '') Object.assign(status, step.value)
    if (step.op === 'remove') delete status[name]
  }
  return { ...rollout, status: status as RolloutStatus }
}

export function objectOf(action: Action): string {
  switch (action.kind) {
    case 'createReplicaSet':
      return `ReplicaSet ${action.replicaSet.metadata.name}`
    case 'createService':
      return `Service ${action.service.metadata.name}`
    case 'createSplit':
      return `TrafficSplit ${action.split.metadata.name}`
    case 'scaleReplicaSet':
    case 'annotateReplicaSet':
    case 'deleteReplicaSet':
      return `ReplicaSet ${action.target.name}`
    case 'selectPods':
    case 'updateService':
    case 'deleteService':
      return `Service ${action.target.name}`
    case 'updateSplit':
    case 'deleteSplit':
      return `TrafficSplit ${action.target.name}`
    case 'evictPod':
      return `Pod ${action.target.name}`
    case 'setReplicas':
    case 'annotateRollout':
      return 'the Rollout'
  }
}
