import type { Cluster, ClusterKind, ResourceName } from '../cluster.ts'
import type { GroupKind } from './ownership.ts'

/** '' is the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** Whatever the version; undefined: no such kind is kept here. */
export function kindOf({ apiVersion, kind }: GroupKind, cluster: Cluster): ClusterKind | undefined {
  const group = groupOf(apiVersion)
  return cluster.kinds().find((candidate) => candidate.kind === kind && groupOf(candidate.apiVersion) === group)
}

export function resourceOf(reference: GroupKind, cluster: Cluster): ResourceName | undefined {
  return kindOf(reference, cluster)?.resource
}
