import type { Pod } from '../../api/pod.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { KubeClient } from '../../kube/client.ts'
import { pods, replicaSets } from '../../kube/resource.ts'
import type { AnalysisRun, Experiment, Family } from './family.ts'
import { analysisRuns, experiments } from './resources.ts'

export type ExperimentFamily = { readonly experiment: Experiment; readonly family: Family }

export async function readExperiment(client: KubeClient, namespace: string, name: string): Promise<ExperimentFamily> {
  const experiment = await client.get<Experiment>(experiments, { namespace, name })
  const [sets, allPods, runs] = await Promise.all([
    client.list<ReplicaSet>(replicaSets, { namespace }),
    client.list<Pod>(pods, { namespace }),
    client.list<AnalysisRun>(analysisRuns, { namespace }),
  ])
  const rollout: Rollout = { metadata: { name }, spec: {} }
  const family = {
    rollout,
    replicaSets: sets.items,
    pods: allPods.items,
    experiments: [experiment],
    analysisRuns: runs.items,
    jobs: [],
    split: undefined,
    missing: [],
  }
  return { experiment, family }
}
