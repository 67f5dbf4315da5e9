import type { Deployment, ReplicaSet } from '../../../api/workloads.ts'
import { desiredReplicasAnnotation, maxReplicasAnnotation, maxSurge, wantedReplicas } from './sizes.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'
const historyAnnotation = 'deployment.kubernetes.io/revision-history'
/** Of the list of revisions that a set has had, in characters. */
const historyMaximum = 2_000

type Annotations = Readonly<Record<string, string>>

/** These are of one object alone; all others go from the Deployment to its new set. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
])

/** 0 for a set without, or with one that is no number. */
export function revisionOf({ metadata }: ReplicaSet): number {
  return parseRevision(metadata.annotations?.[revisionAnnotation] ?? '') ?? 0
}

function parseRevision(text: string): number | undefined {
  return /^-?[0-9]{1,15}$/.test(text) ? Number(text) : undefined
}

export function nextRevision(oldSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...oldSets.map(revisionOf)) + 1
}

/** Of the new set. A set that is rolled back to gets a revision of its own again, and keeps a list of those that it had. */
export function newSetAnnotations(deployment: Deployment, had: Annotations, revision: number): Annotations {
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key))
  const annotations = { ...had, ...Object.fromEntries(copied) }
  const text = had[revisionAnnotation]
  const before = text === undefined || text === '' ? 0 : parseRevision(text)
  if (before === undefined || before >= revision) return annotations
  const history = text === undefined ? undefined : historyWith(had[historyAnnotation] ?? '', text)
  return { ...annotations, [revisionAnnotation]: String(revision), ...(history !== undefined && { [historyAnnotation]: history }) }
}

/** The oldest are forgotten for want of room; undefined: there is none for this one either. */
function historyWith(history: string, revision: string): string | undefined {
  const revisions = history === '' ? [] : history.split(',')
  revisions.push(revision)
  while (revisions.length > 1 && revisions.join(',').length > historyMaximum) revisions.shift()
  return revisions.join(',').length <= historyMaximum ? revisions.join(',') : undefined
}

/** By which a change of the Deployment's size is told from a rollout's own. */
export function sizeAnnotations(deployment: Deployment): Annotations {
  const wanted = wantedReplicas(deployment)
  return { [desiredReplicasAnnotation]: String(wanted), [maxReplicasAnnotation]: String(wanted + maxSurge(deployment)) }
}

/** Old sets beyond the limit that have neither pods nor plans for any, oldest revisions first. */
export function expiredSets(deployment: Deployment, oldSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit
  if (limit === undefined || limit === 2 ** 31 - 1) return []
  const kept = oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const excess = kept.toSorted((a, b) => revisionOf(a) - revisionOf(b)).slice(0, Math.max(kept.length - limit, 0))
  return excess.filter(
    (set) =>
      (set.status?.replicas ?? 0) === 0 && wantedReplicas(set) === 0 && (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
  )
}
