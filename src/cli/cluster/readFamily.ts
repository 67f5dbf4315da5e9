import type { KubeObject } from '../../api/meta.ts'
import type { Pod } from '../../api/pod.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { TrafficSplit } from '../../api/trafficSplit.ts'
import type { Job, ReplicaSet } from '../../api/workloads.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { pods, type Resource, replicaSets } from '../../kube/resource.ts'
import type { AnalysisRun, Experiment, Family } from './family.ts'
import { analysisRuns, experiments, jobs, rollouts, trafficSplits } from './resources.ts'
import { selectorText } from './selectorText.ts'

/** A Rollout and what belongs to it, as it is now. Rejects where the Rollout itself cannot be read; what else cannot is told in `missing`. */
export async function readFamily(client: KubeClient, namespace: string, name: string): Promise<Family> {
  const rollout = await client.get<Rollout>(rollouts, { namespace, name })
  const missing: string[] = []
  const labelSelector = selectorText(rollout)

  async function all<T extends KubeObject>(
    resource: Resource,
    query: { readonly labelSelector?: string; readonly fieldSelector?: string } = {},
  ): Promise<readonly T[]> {
    try {
      return (await client.list<T>(resource, { namespace, ...query })).items
    } catch (error) {
      // A cluster without that kind has none of it.
      if (!isKubeError(error, 'notFound')) missing.push(unreadable(resource, error))
      return []
    }
  }

  const own = labelSelector === undefined ? {} : { labelSelector }
  const [ownSets, ownPods, allExperiments, allRuns, splits] = await Promise.all([
    all<ReplicaSet>(replicaSets, own),
    all<Pod>(pods, own),
    all<Experiment>(experiments),
    all<AnalysisRun>(analysisRuns),
    all<TrafficSplit>(trafficSplits, { fieldSelector: `metadata.name=${name}` }),
  ])
  return {
    rollout,
    replicaSets: ownSets,
    pods: ownPods,
    experiments: allExperiments,
    analysisRuns: allRuns,
    jobs: hasJobs(allRuns) ? await all<Job>(jobs) : [],
    split: splits.find(({ metadata }) => metadata.name === name),
    missing,
  }
}

export function unreadable(resource: Resource, error: unknown): string {
  const message = error instanceof Error ? error.message.replace(/^[A-Z]+ \/\S*: /, '') : String(error)
  return `${resource.name} cannot be read: ${message}`
}

function hasJobs(runs: readonly AnalysisRun[]): boolean {
  return runs.some(({ status }) =>
    status?.metricResults?.some(({ measurements = [] }) => measurements.some(({ metadata }) => metadata?.['job-name'])),
  )
}
