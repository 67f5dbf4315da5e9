/** What must hold of every decision and at every instant, whatever the story. */

import type { Rollout, RolloutStatus } from '../../src/api/rollout.ts'
import { podTemplateHashLabel, scaleDownDeadlineAnnotation } from '../../src/api/rolloutLabels.ts'
import type { SplitService, TrafficSplitSpec } from '../../src/api/trafficSplit.ts'
import type { ReplicaSet } from '../../src/api/workloads.ts'
import type { Action } from '../../src/core/rollout/decision.ts'
import type { Pass, Watcher } from './cluster/loop.ts'
import { isSame } from './cluster/store.ts'
import type { World } from './cluster/world.ts'

export type Invariants = {
  readonly watcher: Watcher
  /** To be called when all that an instant brings about has happened, and the controller knows of it. */
  atInstantsEnd(): void
  /** The same, while it may not know yet. */
  atAnyInstant(): void
  /** Of what was broken: when, and what. */
  readonly broken: readonly string[]
}

/** `world` is there by the first pass; `hasFaults`: pods fail by themselves, so that an edge may be left without any. */
export function watchInvariants(world: () => World, { hasFaults = false }: { readonly hasFaults?: boolean } = {}): Invariants {
  const broken: string[] = []
  let emptyAt = Number.NEGATIVE_INFINITY
  let pass: Pass | undefined

  function complain(what: string): void {
    const { clock, start } = world()
    const line = `${(clock.now() - start) / 1_000} s: ${what}`
    if (broken.length < 20 && !broken.includes(line)) broken.push(line)
  }

  const watcher: Watcher = {
    onPass(next) {
      pass = next
      const { decision, now } = next
      if (decision.wakeAt !== undefined && !(decision.wakeAt > now)) complain(`wakeAt is not in the future: ${decision.wakeAt - now} ms`)
      for (const action of decision.actions) checkSplit(action, next, complain)
    },
    onAction(action, failure) {
      if (failure !== undefined || pass === undefined) return
      if (action.kind === 'createReplicaSet') checkNotTwice(action.replicaSet, world(), complain)
      if (action.kind === 'scaleReplicaSet') checkScale(action, pass, world(), complain)
    },
    onStatus(was, status) {
      checkAdvance(was, status, world(), complain)
    },
  }

  function checkPods(): void {
    const { clock, rollout } = world()
    if (rollout()?.spec.replicas === 0) emptyAt = clock.now()
    if (!hasFaults && clock.now() - emptyAt > startMs) checkTraffic(world(), complain)
  }

  return {
    watcher,
    broken,
    atAnyInstant: checkPods,
    atInstantsEnd() {
      checkPods()
      checkAbort(world(), complain)
      checkRest(world(), complain)
    },
  }
}

/** By default. */
const drainSeconds = 30

/** What had no pods at all has some again after so long. */
const startMs = 60_000

type Complain = (what: string) => void

function specIn(action: Action): TrafficSplitSpec | undefined {
  return action.kind === 'createSplit' ? action.split.spec : action.kind === 'updateSplit' ? action.spec : undefined
}

function checkSplit(action: Action, pass: Pass, complain: Complain): void {
  const spec = specIn(action)
  if (spec === undefined) return
  const backends = new Set(spec.backends.map(({ podTemplateHash }) => podTemplateHash))
  if (backends.size !== spec.backends.length) complain('a version stands twice in the split')
  for (const service of spec.services) {
    const sum = service.weights.reduce((total, { weight }) => total + weight, 0)
    if (sum !== spec.totalWeight) complain(`the weights of ${service.name} sum to ${sum} of ${spec.totalWeight}`)
    if (service.weights.some(({ weight }) => !Number.isSafeInteger(weight) || weight < 0)) complain(`a weight of ${service.name} is no count`)
    for (const { podTemplateHash } of [...service.weights, ...(service.routes ?? []), ...(service.mirrors ?? [])])
      if (!backends.has(podTemplateHash)) complain(`${service.name} names ${podTemplateHash}, which is no backend`)
    checkMove(service, spec, pass, complain)
  }
}

/** Weight moves onto ready pods alone, and onto the canary only as far as they can carry it. */
function checkMove(service: SplitService, spec: TrafficSplitSpec, pass: Pass, complain: Complain): void {
  const { rollout, observed } = pass
  const { split, edges, replicaSets } = observed
  if (rollout.spec.replicas === 0) return
  const old = split?.spec.services.find(({ name }) => name === service.name)
  const { replicas = 1 } = rollout.spec
  for (const { podTemplateHash: hash, weight } of service.weights) {
    if (weight <= weightOf(old, hash) || !leavesAnybody(old, service, pass)) continue
    const isCanary = isMain(service, spec.services) && hash !== rollout.status?.stableRS && !hasOwnScale(rollout) && split !== undefined
    const needed = isCanary ? Math.max(1, Math.ceil((replicas * weight) / spec.totalWeight)) : 1
    const { availableReplicas = 0, readyReplicas = 0 } = replicaSets.find((set) => hashOf(set) === hash)?.status ?? {}
    const available = isCanary ? availableReplicas : readyReplicas
    if (available < needed) complain(`${service.name} moves ${weight} onto ${hash}, which has ${available} of ${needed} pods`)
    if (old === undefined) continue
    for (const { name, silentMs, backends } of edges) {
      const ready = backends.find(({ podTemplateHash }) => podTemplateHash === hash)?.readyEndpoints ?? 0
      if (silentMs === 0 && ready < needed)
        complain(`${service.name} moves ${weight} onto ${hash}, of which edge ${name} sees ${ready} of ${needed} pods`)
    }
  }
}

/** Whether the versions that lose weight could have carried it. */
function leavesAnybody(before: SplitService | undefined, after: SplitService, { observed }: Pass): boolean {
  const losers = (before?.weights ?? []).filter(({ podTemplateHash, weight }) => weight > weightOf(after, podTemplateHash))
  const isReady = (hash: string): boolean => (observed.replicaSets.find((set) => hashOf(set) === hash)?.status?.readyReplicas ?? 0) > 0
  return before === undefined || losers.some(({ podTemplateHash }) => isReady(podTemplateHash))
}

function weightOf(service: SplitService | undefined, hash: string): number {
  return service?.weights.find(({ podTemplateHash }) => podTemplateHash === hash)?.weight ?? 0
}

function hashOf(set: ReplicaSet): string {
  return set.metadata.labels?.[podTemplateHashLabel] ?? ''
}

function checkNotTwice(made: ReplicaSet, { store }: World, complain: Complain): void {
  if (store.list('ReplicaSet').filter((set) => hashOf(set) === hashOf(made)).length > 1) complain(`a second ReplicaSet for ${hashOf(made)}`)
}

type Scale = Extract<Action, { readonly kind: 'scaleReplicaSet' }>

function checkScale(action: Scale, { rollout, observed }: Pass, world: World, complain: Complain): void {
  const { target, from, to } = action
  const wanted = rollout.spec.replicas ?? 1
  const set = world.store.get('ReplicaSet', target.name)!
  if (!Number.isSafeInteger(to) || to < 0) complain(`${target.name} is to have ${to} pods`)
  if (to > from) checkSurge(rollout, world, complain)
  if (to >= from || wanted === 0) return
  for (const edge of world.edges()) {
    const serving = edge.serving()
    if (serving?.split === undefined) continue
    const { services, totalWeight } = serving.split.spec
    for (const service of services.filter(({ name }) => serving.routedServices.includes(name))) {
      const weight = weightOf(service, hashOf(set))
      const isRouted = (service.routes ?? []).some(({ podTemplateHash }) => podTemplateHash === hashOf(set))
      // A user's own number of canaries may be less than the weight calls for, but not nothing.
      const needed =
        weight === 0 ? Number(isRouted) : hasOwnScale(rollout) ? 1 : Math.ceil((wanted * (isMain(service, services) ? weight : 1)) / totalWeight)
      if (to < needed && to < from) complain(`${target.name} goes from ${from} to ${to}, while ${edge.name} sends it ${weight} at ${service.name}`)
    }
    if (to === 0 && (serving.inFlight.get(hashOf(set)) ?? 0) > 0 && !isOverdue(set, world))
      complain(`${target.name} goes to 0, while requests to it are under way at ${edge.name}`)
  }
  for (const { metadata, spec } of world.store.list('Service'))
    if (
      to === 0 &&
      observed.services.has(metadata.name) &&
      metadata.ownerReferences === undefined &&
      spec.selector?.[podTemplateHashLabel] === hashOf(set)
    )
      complain(`${target.name} goes to 0, while Service ${metadata.name} points at it`)
}

/** Requests that take longer than `drainSeconds` after the end of their version are not waited for. */
function isOverdue({ metadata }: ReplicaSet, { clock }: World): boolean {
  const deadline = Date.parse(metadata.annotations?.[scaleDownDeadlineAnnotation] ?? '')
  return clock.now() >= deadline + 1_000 * drainSeconds
}

function isMain(service: SplitService, services: readonly SplitService[]): boolean {
  return service === services[0]
}

function hasOwnScale({ spec }: Rollout): boolean {
  return (spec.strategy?.canary?.steps ?? []).some(({ setCanaryScale }) => setCanaryScale !== undefined) || spec.strategy?.blueGreen !== undefined
}

/** All ReplicaSets together stay within what the spec allows; with edges, each within the whole. */
function checkSurge({ spec }: Rollout, { store }: World, complain: Complain): void {
  const wanted = spec.replicas ?? 1
  const canary = spec.strategy?.canary
  const sizes = store.list('ReplicaSet').map((set) => set.spec.replicas ?? 1)
  const own = Math.max(0, ...(canary?.steps ?? []).map(({ setCanaryScale }) => setCanaryScale?.replicas ?? 0))
  if (canary !== undefined && canary.trafficRouting === undefined) {
    const surge = ceilOf(canary.maxSurge ?? '25%', wanted)
    const sum = sizes.reduce((total, size) => total + size, 0)
    if (sum > wanted + Math.max(surge, 1)) complain(`${sum} pods for ${wanted} and a surge of ${surge}`)
  } else if (canary !== undefined) {
    for (const set of store.list('ReplicaSet'))
      if ((set.spec.replicas ?? 1) > Math.max(wanted, own) && set.metadata.generation === 1)
        complain(`${set.metadata.name} has more pods than ${wanted}`)
  }
}

function ceilOf(share: number | string, whole: number): number {
  return typeof share === 'number' ? share : Math.ceil((Number.parseFloat(share) * whole) / 100)
}

/** What a status says was reached is true of every edge that serves; and it says it no sooner than its time. */
function checkAdvance({ status: was = {}, spec }: Rollout, status: RolloutStatus, world: World, complain: Complain): void {
  const [from, to] = [was.currentStepIndex, status.currentStepIndex]
  const hash = status.currentPodHash ?? ''
  const isSame = was.currentPodHash === status.currentPodHash && was.currentStepHash === status.currentStepHash
  const steps = spec.strategy?.canary?.steps ?? []
  if (isSame && typeof from === 'number' && to === from + 1 && status.stableRS === was.stableRS && was.promoteFull !== true) {
    const weight = steps[from]?.setWeight
    for (const { name, weight: served } of servedWeights(world, hash))
      if (weight !== undefined && served !== weight) complain(`step ${from} ends, although ${name} serves ${served} of ${weight}`)
    const pause = was.pauseConditions?.find(({ reason }) => reason === 'CanaryPauseStep')
    const seconds = steps[from]?.pause?.duration
    if (pause !== undefined && typeof seconds === 'number' && world.clock.now() < Date.parse(pause.startTime) + seconds * 1_000)
      complain(`the pause of step ${from} ends too early`)
  }
  // Who promotes in full passes over edges that nobody hears.
  if (
    was.stableRS &&
    status.stableRS !== was.stableRS &&
    was.promoteFull !== true &&
    world.store.list('ReplicaSet').some((set) => hashOf(set) === was.stableRS)
  )
    for (const { name, weight, total } of servedWeights(world, status.stableRS ?? ''))
      if (weight !== total) complain(`${status.stableRS} is promoted, although ${name} sends it ${weight} of ${total}`)
}

function servedWeights(world: World, hash: string): readonly { readonly name: string; readonly weight: number; readonly total: number }[] {
  return world.edges().flatMap((edge) => {
    const split = edge.serving()?.split
    const main = split?.spec.services[0]
    return split === undefined || main === undefined ? [] : [{ name: edge.name, weight: weightOf(main, hash), total: split.spec.totalWeight }]
  })
}

/** Where an edge sends requests, there are pods: ready ones, or such as end in good order. */
function checkTraffic({ edges, store, rollout }: World, complain: Complain): void {
  if (rollout() === undefined) return
  const alive = new Set(store.list('Pod').map(({ metadata }) => metadata.labels?.[podTemplateHashLabel]))
  for (const set of store.list('ReplicaSet')) if ((set.spec.replicas ?? 1) > 0) alive.add(hashOf(set))
  for (const edge of edges()) {
    const serving = edge.serving()
    for (const service of serving?.split?.spec.services ?? [])
      if (serving!.routedServices.includes(service.name))
        for (const { podTemplateHash, weight } of service.weights)
          if (weight > 0 && !alive.has(podTemplateHash))
            complain(`${edge.name} sends ${weight} at ${service.name} to ${podTemplateHash}, which has no pods`)
  }
}

/** Once an abort was seen, the split is no longer what it takes away from; unless there is nothing else to send requests to. */
function checkAbort({ rollout, store }: World, complain: Complain): void {
  const { abort, stableRS, currentPodHash } = rollout()?.status ?? {}
  const stable = store.list('ReplicaSet').find((set) => hashOf(set) === stableRS)
  if (abort !== true || stableRS === currentPodHash || (stable?.status?.availableReplicas ?? 0) === 0) return
  // A preview shows what was aborted, as long as it is there.
  const preview = rollout()?.spec.strategy?.blueGreen?.previewService
  for (const split of store.list('TrafficSplit'))
    for (const { name, weights, routes = [] } of split.spec.services.filter(({ name }) => name !== preview))
      if (weights.some(({ podTemplateHash, weight }) => weight > 0 && podTemplateHash === currentPodHash) || routes.length > 0)
        complain(`aborted, but ${name} still sends requests to the aborted version`)
}

/** When nothing happens any more: nothing is done, nothing is said anew, before the time that was asked for. */
function checkRest({ loop, clock }: World, complain: Complain): void {
  const now = loop.preview()
  if (now === undefined || loop.isRetrying()) return
  const { rollout, decision } = now
  if (decision.actions.length > 0) return complain(`at rest, yet wants to ${decision.actions.map(({ kind }) => kind).join(', ')}`)
  if (!isSame(stripped(rollout.status), stripped(decision.status))) return complain('at rest, yet the status differs')
  const { phase, message } = decision.status
  if ((phase === 'Progressing' || phase === 'Degraded' || phase === 'Paused') && !message) complain(`${phase}, and no word why`)
  const later = (decision.wakeAt ?? clock.now() + 30 * 86_400_000) - 1
  const then = loop.preview(later)
  if (then !== undefined && (then.decision.actions.length > 0 || !isSame(stripped(rollout.status), stripped(then.decision.status))))
    complain(`would sleep until ${decision.wakeAt ?? 'for ever'}, but has something to do before`)
}

function stripped(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? {}, (_, each) => (each === null ? undefined : each)))
}
