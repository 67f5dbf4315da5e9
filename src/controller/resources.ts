import { rolloutGroup, rolloutVersion, spillwayGroup } from '../api/rolloutLabels.ts'
import type { Resource } from '../kube/resource.ts'

export const rollouts: Resource = { group: rolloutGroup, version: rolloutVersion, name: 'rollouts', kind: 'Rollout', namespaced: true }
export const trafficSplits: Resource = {
  group: spillwayGroup,
  version: 'v1alpha1',
  name: 'trafficsplits',
  kind: 'TrafficSplit',
  namespaced: true,
}
