import { rolloutGroup, rolloutVersion, spillwayGroup } from '../../api/rolloutLabels.ts'
import type { Resource } from '../../kube/resource.ts'

function ofRollouts(name: string, kind: string, namespaced = true): Resource {
  return { group: rolloutGroup, version: rolloutVersion, name, kind, namespaced }
}

export const rollouts = ofRollouts('rollouts', 'Rollout')
export const experiments = ofRollouts('experiments', 'Experiment')
export const analysisRuns = ofRollouts('analysisruns', 'AnalysisRun')
export const analysisTemplates = ofRollouts('analysistemplates', 'AnalysisTemplate')
export const clusterAnalysisTemplates = ofRollouts('clusteranalysistemplates', 'ClusterAnalysisTemplate', false)
export const trafficSplits: Resource = {
  group: spillwayGroup,
  version: rolloutVersion,
  name: 'trafficsplits',
  kind: 'TrafficSplit',
  namespaced: true,
}
export const jobs: Resource = { group: 'batch', version: 'v1', name: 'jobs', kind: 'Job', namespaced: true }
export const podTemplates: Resource = { group: '', version: 'v1', name: 'podtemplates', kind: 'PodTemplate', namespaced: true }

/** In short, as users write them: `ro/shop`, `rollout.argoproj.io/shop`, `shop`. */
export function nameIn(text: string, { name, kind, group }: Resource): string {
  const slash = text.indexOf('/')
  if (slash < 0) return text
  const singular = kind.toLowerCase()
  const accepted = [name, singular, `${name}.${group}`, `${singular}.${group}`, ...(shortNames[name] ?? [])]
  return accepted.includes(text.slice(0, slash).toLowerCase()) ? text.slice(slash + 1) : text
}

const shortNames: Readonly<Record<string, readonly string[]>> = { rollouts: ['ro'], experiments: ['exp'], analysisruns: ['ar'] }
