/** How many pods each version of a blue-green Rollout shall have: two full ones side by side, and what is left over until its time is up. */
import { activeSet, type BlueGreenPass, type BlueGreenProgress, entryHash } from './blueGreenProgress.ts'
import type { Targets } from './blueGreenTraffic.ts'
import { edgeOptionsOf } from './edgeOptions.ts'
import { inFlightAt } from './edges.ts'
import type { Instant } from './observed.ts'
import { delayedScaleDowns } from './olderReplicaSets.ts'
import { desiredReplicasIn } from './pausedSize.ts'
import { earliest, type Plan } from './plan.ts'
import { selectedHash } from './selectors.ts'
import type { VersionSet } from './view.ts'
import type { Waiting } from './waiting.ts'

export type BlueGreenSizes = Pick<Plan, 'sizes' | 'deadlines' | 'waits' | 'wakeAt'>

/** What one set is meant to become; without a deadline it keeps what it has. */
type Sized = { readonly size: number; readonly deadline?: Instant | null; readonly wakeAt?: Instant; readonly wait?: Waiting }

export function blueGreenSizes(pass: BlueGreenPass, progress: BlueGreenProgress, targets: Targets): BlueGreenSizes {
  const { newSet, stableSet, settings } = pass.view
  const sized = olderSized(pass, targets)
  if (stableSet !== undefined) sized.set(stableSet, { size: settings.replicas, deadline: null })
  if (newSet !== undefined && newSet !== stableSet) sized.set(newSet, newSized(pass, progress, newSet))
  const entries = [...sized]
  return {
    sizes: new Map(entries.map(([set, { size }]) => [set, size])),
    deadlines: new Map(entries.flatMap(([set, { deadline }]) => (deadline === undefined ? [] : [[set, deadline] as const]))),
    waits: entries.flatMap(([, { wait }]) => (wait === undefined ? [] : [wait])),
    wakeAt: earliest(...entries.map(([, { wakeAt }]) => wakeAt)),
  }
}

function newSized(pass: BlueGreenPass, progress: BlueGreenProgress, set: VersionSet): Sized {
  const { replicas } = pass.view.settings
  switch (progress.kind) {
    case 'initial':
    case 'settled':
    case 'switched':
    case 'promotingFully':
      return { size: replicas, deadline: null }
    case 'previewing':
      return { size: progress.isApproved || isServing(pass, set) ? replicas : previewSize(pass), deadline: null }
    case 'aborted':
      return abortedSized(pass, set)
  }
}

/** Of a version that nobody has approved yet. */
export function previewSize({ view, blueGreen }: BlueGreenPass): number {
  const count = blueGreen.spec.previewReplicaCount
  return typeof count === 'number' && count >= 0 ? count : view.settings.replicas
}

/** Kept while users are on it, and then for as long as the spec says; for good where it says 0. */
function abortedSized(pass: BlueGreenPass, set: VersionSet): Sized {
  const { view, blueGreen } = pass
  const { stableSet, settings } = view
  const stays = { size: set.size }
  if (blueGreen.abortScaleDownDelayMs === undefined || set.size === 0) return { ...stays, deadline: null }
  if (isServing(pass, set)) return stays
  if (set.deadline !== undefined) return retired(pass, set, set.deadline)
  if (stableSet === undefined || stableSet.available < settings.replicas) return stays
  const deadline = view.now + blueGreen.abortScaleDownDelayMs
  return { ...stays, deadline, wakeAt: deadline }
}

/** Newest first, as many as may wait at a time; those that are complete stay so, for the way back to be short. */
function olderSized(pass: BlueGreenPass, targets: Targets): Map<VersionSet, Sized> {
  const { view, blueGreen } = pass
  const { replicas } = view.settings
  const leaving = view.olderSets.filter((set) => set.size > 0 && set !== targets.active)
  const verdicts = delayedScaleDowns(
    leaving.map(({ hash, revision, size, available, deadline }) => ({ hash, revision, replicas: size, available, deadline })),
    { delayMs: blueGreen.scaleDownDelayMs, revisionLimit: blueGreen.scaleDownDelayRevisionLimit, now: view.now },
  )
  const sized = new Map<VersionSet, Sized>()
  for (const set of leaving) {
    const verdict = verdicts.get(set.hash)
    const size = set.size >= (desiredReplicasIn(set) ?? set.size) ? replicas : Math.min(set.size, replicas)
    if (isServing(pass, set)) sized.set(set, { size: set.size })
    else if (isGivenUp(pass, set)) sized.set(set, { deadline: view.now, ...retired(pass, set, view.now) })
    else if (verdict?.kind === 'setDeadline') sized.set(set, { size, deadline: verdict.at, wakeAt: verdict.at })
    else if (verdict?.kind === 'wait') sized.set(set, { size, wakeAt: verdict.until })
    else sized.set(set, retired(pass, set, view.now))
  }
  return sized
}

/** Aborted, and now left behind: it is no version to go back to, and must not be taken for one by its deadline. */
function isGivenUp({ view: { isNewTemplate, status } }: BlueGreenPass, { hash }: VersionSet): boolean {
  return isNewTemplate && status.abort === true && status.currentPodHash === hash
}

/** Users reach it by the active Service, one way or the other. */
function isServing(pass: BlueGreenPass, set: VersionSet): boolean {
  const { view, blueGreen } = pass
  const service = view.observed.services.get(blueGreen.activeService)
  return activeSet(pass) === set || (service !== undefined && selectedHash(service) === set.hash)
}

/** Gone at `dueAt` at the earliest, and not while edges may send requests to it or some are under way, the latter within bounds. */
function retired(pass: BlueGreenPass, set: VersionSet, dueAt: Instant): Sized {
  const { view, blueGreen, router } = pass
  const { edges, now } = view
  const stays = { size: set.size }
  if (now < dueAt) return { ...stays, wakeAt: dueAt }
  const isLedTo = [blueGreen.activeService, blueGreen.previewService].some((name) => router === 'edge' && entryHash(view, name) === set.hash)
  if (isLedTo || view.selectedHashes.has(set.hash)) return stays
  if (router === 'pods') return { size: 0 }
  if (!edges.isAcknowledged && edges.needed.length > 0)
    return { ...stays, wait: { kind: 'edgesBehind', edges: edges.behind.map(({ name }) => name) } }
  const count = inFlightAt(edges.needed, set.hash)
  // Where no instant was kept, requests under way are given their time from now on.
  const drainedAt = (set.deadline ?? now) + 1000 * edgeOptionsOf(undefined).drainSeconds
  if (count === 0 || now >= drainedAt) return { size: 0 }
  return { ...stays, wakeAt: drainedAt, wait: { kind: 'inFlight', hash: set.hash, count }, ...(set.deadline === undefined && { deadline: now }) }
}
