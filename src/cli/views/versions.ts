/** The ReplicaSets of a Rollout as versions: which one plays which part. */

import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import { podTemplateHashLabel, revisionAnnotation } from '../../api/rolloutLabels.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { Color } from './text.ts'

export type VersionTag = 'stable' | 'canary' | 'active' | 'preview'
export const tagColors: Readonly<Record<VersionTag, Color>> = { stable: 'green', canary: 'yellow', active: 'green', preview: 'blue' }

export function hashOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.labels?.[podTemplateHashLabel] ?? ''
}

export function tagsOf({ spec, status = {} }: Rollout, hash: string): readonly VersionTag[] {
  if (hash === '') return []
  const stable: readonly VersionTag[] = hash === status.stableRS ? ['stable'] : []
  if (spec.strategy?.blueGreen === undefined) return stable.length === 0 && hash === status.currentPodHash ? ['canary'] : stable
  const { activeSelector, previewSelector } = status.blueGreen ?? {}
  if (hash === activeSelector) return [...stable, 'active']
  return hash === previewSelector ? [...stable, 'preview'] : stable
}

/** 0: it has none. */
export function revisionOf({ metadata }: KubeObject): number {
  const revision = Number(metadata.annotations?.[revisionAnnotation] ?? 0)
  return Number.isSafeInteger(revision) ? revision : 0
}

export function replicaSetStatus({ metadata, spec, status }: ReplicaSet): string {
  if ((metadata.generation ?? 0) > (status?.observedGeneration ?? 0)) return 'Progressing'
  if (status?.conditions?.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True')) return 'ReplicaFailure'
  if ((status?.availableReplicas ?? 0) < (spec.replicas ?? 1)) return 'Progressing'
  return spec.replicas === 0 ? 'ScaledDown' : 'Healthy'
}
