/** How many pods each version shall have while edges carry the traffic: pods come before the weight, and go after the traffic. */
import { inFlightAt, isInTraffic } from './edges.ts'
import type { Instant } from './observed.ts'
import { delayedScaleDowns } from './olderReplicaSets.ts'
import { desiredReplicasIn, pausedSize } from './pausedSize.ts'
import { earliest } from './plan.ts'
import { canaryScaleAt, podsFor, routedCanaryCount } from './replicaCounts.ts'
import { routesAt, weightAt } from './steps.ts'
import { type CanaryPass, observedWeights } from './traffic.ts'
import type { VersionSet } from './view.ts'
import type { Waiting } from './waiting.ts'

export type SizePlan = {
  readonly sizes: ReadonlyMap<VersionSet, number>
  readonly deadlines: ReadonlyMap<VersionSet, Instant | null>
  readonly waits: readonly Waiting[]
  readonly wakeAt: Instant | undefined
}

/** What one set is meant to become. */
type Sized = { readonly size: number; readonly deadline?: Instant | null; readonly wait?: Waiting | undefined; readonly wakeAt?: Instant | undefined }

export function edgeSizes(pass: CanaryPass): SizePlan {
  const { newSet, stableSet, settings } = pass.view
  const sized = new Map<VersionSet, Sized>()
  if (stableSet !== undefined && stableSet !== newSet) sized.set(stableSet, { size: settings.replicas, deadline: null })
  if (newSet !== undefined) sized.set(newSet, canarySized(pass, newSet))
  for (const [set, each] of olderSized(pass)) sized.set(set, each)
  const entries = [...sized]
  return {
    sizes: new Map(entries.map(([set, { size }]) => [set, size])),
    deadlines: new Map(entries.flatMap(([set, { deadline }]) => (deadline === undefined ? [] : [[set, deadline] as const]))),
    waits: entries.flatMap(([, { wait }]) => (wait === undefined ? [] : [wait])),
    wakeAt: earliest(...entries.map(([, { wakeAt }]) => wakeAt)),
  }
}

function canarySized(pass: CanaryPass, set: VersionSet): Sized {
  const { view, progress } = pass
  switch (progress.kind) {
    case 'initial':
    case 'settled':
      return { size: view.settings.replicas, deadline: null }
    case 'promotingFully':
      return { size: grown(pass, set, view.settings.replicas), deadline: null }
    case 'stepping':
      return { size: grown(pass, set, canarySize(pass, progress.stepIndex)), deadline: null }
    case 'aborted':
      return abortedSized(pass, set)
  }
}

/** As the steps up to this one want it. */
export function canarySize({ view, canary }: CanaryPass, stepIndex: number): number {
  const { replicas } = view.settings
  const scale = canaryScaleAt(canary.steps, stepIndex)
  const share = { weight: weightAt(canary, stepIndex), totalWeight: canary.totalWeight }
  const size = routedCanaryCount(replicas, share, scale)
  // Whoever is sent there by a header needs a pod, though nobody else is.
  const { routes, mirrors } = routesAt(canary, stepIndex)
  return routes.length + mirrors.length > 0 && replicas > 0 && scale.kind !== 'replicas' ? Math.max(size, 1) : size
}

/** Never below what its traffic needs, as long as that is seen to flow. */
function grown(pass: CanaryPass, set: VersionSet, wanted: number): number {
  const { view, canary, progress } = pass
  if (view.settings.isPaused) return pausedSize(view, set, wanted)
  if (wanted >= set.size) return wanted
  if (progress.kind === 'stepping' && canaryScaleAt(canary.steps, progress.stepIndex).kind === 'replicas') return wanted
  // A change of the whole is no change of the share.
  if (desiredReplicasIn(set) === view.settings.replicas && !isSettledTraffic(pass)) return set.size
  const weight = observedWeights(pass).get(set.hash) ?? 0
  return Math.min(Math.max(wanted, podsFor(view.settings.replicas, { weight, totalWeight: canary.totalWeight })), set.size)
}

/** What the split says is what happens, or nothing passes an edge at all. */
function isSettledTraffic({ view: { edges } }: CanaryPass): boolean {
  return edges.isAcknowledged || edges.needed.length === 0
}

function abortedSized(pass: CanaryPass, set: VersionSet): Sized {
  const { view, canary } = pass
  if (canary.abortScaleDownDelayMs === undefined) return { size: set.size, deadline: null }
  if (set.size === 0) return { size: 0 }
  const { stableSet, settings } = view
  if (set.deadline === undefined) {
    if (stableSet === undefined || stableSet.available < settings.replicas) return { size: set.size }
    const deadline = view.now + canary.abortScaleDownDelayMs
    return { size: set.size, deadline, wakeAt: deadline }
  }
  return retired(pass, set, set.deadline)
}

function olderSized(pass: CanaryPass): Map<VersionSet, Sized> {
  const { view, canary, progress } = pass
  const sized = new Map<VersionSet, Sized>()
  const leaving = view.olderSets.filter((set) => set.size > 0)
  // A version that was never stable, left behind by a newer one, goes as soon as its traffic is gone; what was stable stays a while.
  const delayed = leaving.filter((set) => progress.kind === 'settled' || set.deadline !== undefined)
  const rules = { delayMs: canary.scaleDownDelayMs, revisionLimit: canary.scaleDownDelayRevisionLimit, now: view.now }
  const verdicts = delayedScaleDowns(
    delayed.map(({ hash, revision, size, available, deadline }) => ({ hash, revision, replicas: size, available, deadline })),
    rules,
  )
  for (const set of leaving) {
    const verdict = verdicts.get(set.hash)
    if (verdict?.kind === 'setDeadline') sized.set(set, { size: set.size, deadline: verdict.at, wakeAt: verdict.at })
    else if (verdict?.kind === 'wait') sized.set(set, { size: set.size, wakeAt: verdict.until })
    else sized.set(set, retired(pass, set, view.now))
  }
  return sized
}

/** Gone at `dueAt` at the earliest, and not while requests are sent to it or under way, the latter within bounds. */
function retired(pass: CanaryPass, set: VersionSet, dueAt: Instant): Sized {
  const { view, edge } = pass
  const stays = { size: set.size }
  if (view.now < dueAt) return { ...stays, wakeAt: dueAt }
  if (isSelected(pass, set)) return stays
  if (isInTraffic(view.edges.split, set.hash)) return stays
  if (!isSettledTraffic(pass)) return { ...stays, wait: { kind: 'edgesBehind', edges: view.edges.behind.map(({ name }) => name) } }
  const inFlight = inFlightAt(view.edges.needed, set.hash)
  // Where no instant was kept, requests under way are given their time from now on.
  const drainedAt = (set.deadline ?? view.now) + 1000 * edge.drainSeconds
  if (inFlight > 0 && view.now < drainedAt)
    return {
      ...stays,
      wakeAt: drainedAt,
      wait: { kind: 'inFlight', hash: set.hash, count: inFlight },
      ...(set.deadline === undefined && { deadline: view.now }),
    }
  return { size: 0 }
}

/** A Service still sends its clients there. */
function isSelected({ view }: CanaryPass, { hash }: VersionSet): boolean {
  return view.selectedHashes.has(hash)
}
