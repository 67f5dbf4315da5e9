/** How many pods each version shall have while edges carry the traffic: pods come before the weight, and go after the traffic. */
import { type CanaryPass, canarySize } from './canaryPass.ts'
import { inFlightAt, isInTraffic } from './edges.ts'
import type { Instant } from './observed.ts'
import { delayedScaleDowns } from './olderReplicaSets.ts'
import { desiredReplicasIn, pausedSize } from './pausedSize.ts'
import { earliest } from './plan.ts'
import { canaryScaleAt, podsFor } from './replicaCounts.ts'
import { observedWeights } from './traffic.ts'
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
    case 'settled':
      return { size: view.settings.replicas, deadline: null }
    case 'initial':
    case 'promotingFully':
    case 'stepping':
      return grown(pass, set, canarySize(pass))
    case 'aborted':
      return abortedSized(pass, set)
  }
}

/** Never below what its traffic needs, as long as that is seen to flow. */
function grown(pass: CanaryPass, set: VersionSet, wanted: number): Sized {
  const { view, canary, progress } = pass
  const { replicas, isPaused } = view.settings
  if (isPaused) return { size: pausedSize(view, set, wanted), deadline: null }
  if (wanted >= set.size) return { size: wanted, deadline: null }
  if (wanted === 0) return replicas === 0 ? { size: 0, deadline: null } : retired(pass, set, view.now)
  if (progress.kind === 'stepping' && canaryScaleAt(canary.steps, progress.stepIndex).kind === 'replicas') return { size: wanted, deadline: null }
  // A change of the whole is no change of the share.
  if (desiredReplicasIn(set) === replicas && !isSettledTraffic(pass)) return { size: set.size, deadline: null }
  const weight = observedWeights(pass).get(set.hash) ?? 0
  return { size: Math.min(Math.max(wanted, podsFor(replicas, { weight, totalWeight: canary.totalWeight })), set.size), deadline: null }
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
