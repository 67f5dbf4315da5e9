/** The world of one pass, with names for what matters. Everything in it was observed; nothing is wished for. */
import type { PodTemplateSpec } from '../../api/pod.ts'
import type { Rollout, RolloutStatus } from '../../api/rollout.ts'
import { podTemplateHashLabel, scaleDownDeadlineAnnotation } from '../../api/rolloutLabels.ts'
import { msOf } from '../../api/time.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import { type Deadline, deadlineOf, isDeadlineSuspended } from './deadline.ts'
import { type EdgesView, edgesView } from './edges.ts'
import { revisionFor, revisionOf } from './history.ts'
import type { Instant, Observed } from './observed.ts'
import { type Settings, settingsOf } from './settings.ts'
import { findReplicaSet, hashOfTemplate } from './templateHash.ts'

/** A ReplicaSet, as numbers. */
export type VersionSet = {
  readonly set: ReplicaSet
  /** Pod-template hash. */
  readonly hash: string
  /** 0: it has none. */
  readonly revision: number
  /** Pods that it is told to have. */
  readonly size: number
  /** Pods that it is seen to have. */
  readonly present: number
  readonly ready: number
  readonly available: number
  /** When it goes. */
  readonly deadline: Instant | undefined
}

export type View = {
  readonly rollout: Rollout
  readonly settings: Settings
  /** As it was read: what is decided from. */
  readonly status: RolloutStatus
  readonly observed: Observed
  readonly now: Instant
  /** Of the template as it is: that of `newSet`, where there is one. */
  readonly hash: string
  /** Salt of the hash: how often a name was found taken. */
  readonly collisionCount: number | undefined
  /** Somebody else's ReplicaSet was found to have the name that `hash` would have given. */
  readonly isNameTaken: boolean
  /** The set of the template as it is; undefined: yet to be made. */
  readonly newSet: VersionSet | undefined
  /** The set that was promoted last; the same as `newSet` once it is settled. */
  readonly stableSet: VersionSet | undefined
  /** All others, newest revision first. */
  readonly olderSets: readonly VersionSet[]
  readonly sets: readonly VersionSet[]
  /** That `newSet` has, or shall have. */
  readonly revision: number
  /** There is no stable version: the first goes straight to its full size. */
  readonly isInitial: boolean
  /** The template as it is was promoted. */
  readonly isSettled: boolean
  /** The template as it is has not been met before: a revision begins. */
  readonly isNewTemplate: boolean
  readonly edges: EdgesView
  /** That of the update as it stood when the status was written. */
  readonly deadline: Deadline
  /** By Services that the Rollout names. */
  readonly selectedHashes: ReadonlySet<string>
}

const emptyTemplate: PodTemplateSpec = { spec: { containers: [] } }

function isStaying({ metadata }: ReplicaSet): boolean {
  return metadata.deletionTimestamp === undefined
}

export function viewOf(rollout: Rollout, observed: Observed, now: Instant): View {
  const status = rollout.status ?? {}
  const sets = observed.replicaSets.filter(isStaying).map(versionSetOf)
  const template = rollout.spec.template ?? emptyTemplate
  const isNameTaken = isTaken(rollout, hashOfTemplate(template, status.collisionCount), observed)
  const collisionCount = isNameTaken ? (status.collisionCount ?? 0) + 1 : (status.collisionCount ?? undefined)
  const found = findReplicaSet(template, collisionCount, observed.replicaSets.filter(isStaying))
  const newSet = sets.find(({ set }) => set === found)
  const stableSet = status.stableRS ? sets.find((set) => set.hash === status.stableRS) : undefined
  const hash = newSet?.hash ?? hashOfTemplate(template, collisionCount)
  const others = sets.filter((set) => set !== newSet)
  const settings = settingsOf(rollout)
  const olderSets = others.filter((set) => set !== stableSet).sort((a, b) => b.revision - a.revision)
  return {
    rollout,
    settings,
    status,
    observed,
    now,
    hash,
    collisionCount,
    isNameTaken,
    newSet,
    stableSet,
    olderSets,
    sets,
    revision: revisionFor(newSet?.set, observed.replicaSets),
    isInitial: stableSet === undefined,
    isSettled: stableSet !== undefined && stableSet === newSet,
    isNewTemplate: status.currentPodHash !== hash,
    edges: edgesView(observed.edges, observed.split),
    deadline: deadlineIn({ status, settings, olderSets, now }, status),
    selectedHashes: selectedIn(rollout, observed),
  }
}

function isTaken({ metadata }: Rollout, hash: string, { failure, replicaSets }: Observed): boolean {
  if (failure?.action !== 'createReplicaSet' || failure.reason !== 'AlreadyExists') return false
  return failure.object === `${metadata.name}-${hash}` && !replicaSets.some((set) => set.metadata.name === failure.object)
}

/** With the status as it stands, or shall. */
export function deadlineIn(view: Pick<View, 'status' | 'settings' | 'olderSets' | 'now'>, after: RolloutStatus): Deadline {
  const { status, settings, olderSets, now } = view
  const { strategy, progressDeadlineMs, isPaused } = settings
  return deadlineOf({
    progressing: status.conditions?.find(({ type }) => type === 'Progressing'),
    progressDeadlineMs,
    isSuspended: isDeadlineSuspended({
      isPaused: isPaused || (after.pauseConditions ?? []).length > 0,
      step: strategy.kind === 'canary' ? strategy.steps[after.currentStepIndex ?? strategy.steps.length] : undefined,
      isDelayRunning: olderSets.some((set) => set.size > 0 && set.deadline !== undefined),
    }),
    now,
  })
}

function selectedIn({ spec }: Rollout, { services }: Observed): ReadonlySet<string> {
  const { canary, blueGreen } = spec.strategy ?? {}
  const names = [canary?.stableService, canary?.canaryService, blueGreen?.activeService, blueGreen?.previewService]
  const hashes = names.map((name) => (name ? services.get(name)?.spec.selector?.[podTemplateHashLabel] : undefined))
  return new Set(hashes.filter((hash) => hash !== undefined))
}

function versionSetOf(set: ReplicaSet): VersionSet {
  const { labels = {}, annotations = {} } = set.metadata
  return {
    set,
    hash: labels[podTemplateHashLabel] ?? '',
    revision: revisionOf(set),
    size: set.spec.replicas ?? 1,
    present: set.status?.replicas ?? 0,
    ready: set.status?.readyReplicas ?? 0,
    available: set.status?.availableReplicas ?? 0,
    deadline: msOf(annotations[scaleDownDeadlineAnnotation]),
  }
}

export function setOf(view: View, hash: string): VersionSet | undefined {
  return view.sets.find((set) => set.hash === hash)
}
