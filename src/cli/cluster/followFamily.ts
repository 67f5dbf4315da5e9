import type { KubeObject } from '../../api/meta.ts'
import type { Pod } from '../../api/pod.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { TrafficSplit } from '../../api/trafficSplit.ts'
import type { Job, ReplicaSet } from '../../api/workloads.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'
import { type Informers, openInformers } from '../../kube/informers.ts'
import type { ReflectorState } from '../../kube/reflector.ts'
import { pods, type Resource, replicaSets } from '../../kube/resource.ts'
import type { Store } from '../../kube/store.ts'
import type { AnalysisRun, Experiment, Family } from './family.ts'
import { unreadable } from './readFamily.ts'
import { analysisRuns, experiments, jobs, rollouts, trafficSplits } from './resources.ts'
import { selectorText } from './selectorText.ts'

/** Follows a Rollout and what belongs to it. */
export type Following = {
  /** As it is known now; undefined: the Rollout is gone. */
  family(): Family | undefined
  /** Whether the API server tells of changes; if not, why. */
  trouble(): string | undefined
  /** Until the signal given aborts. */
  readonly ended: Promise<void>
}

type FollowOptions = { readonly namespace: string; readonly name: string; readonly signal: AbortSignal; onChange(): void }

/** Resolves once all that can be read has been. Rejects where the Rollout does not exist, or cannot be read. */
export async function followFamily(client: KubeClient, { namespace, name, signal, onChange }: FollowOptions): Promise<Following> {
  const rollout = await client.get<Rollout>(rollouts, { namespace, name })
  const labelSelector = selectorText(rollout)
  const missing = new Map<string, string>()
  const informers = openInformers({
    client,
    onFailure(resource, error) {
      if (!isKubeError(error, 'notFound', 'gone')) missing.set(resource.name, unreadable(resource, error))
      onChange()
    },
  })
  const only = { namespace, fieldSelector: `metadata.name=${name}` }
  const own = { namespace, ...(labelSelector !== undefined && { labelSelector }) }
  const known = {
    rollouts: storeOf<Rollout>(informers, { resource: rollouts, ...only }),
    replicaSets: storeOf<ReplicaSet>(informers, { resource: replicaSets, ...own }),
    pods: storeOf<Pod>(informers, { resource: pods, ...own }),
    experiments: storeOf<Experiment>(informers, { resource: experiments, namespace }),
    analysisRuns: storeOf<AnalysisRun>(informers, { resource: analysisRuns, namespace }),
    jobs: storeOf<Job>(informers, { resource: jobs, namespace }),
    splits: storeOf<TrafficSplit>(informers, { resource: trafficSplits, ...only }),
  }
  const ended = informers.run(signal)
  await Promise.race([Promise.all([known.rollouts.synced(signal), known.replicaSets.synced(signal), known.pods.synced(signal)]), afterFirstFailure()])
  for (const { store } of Object.values(known)) store.subscribe(onChange)

  /** What went wrong when it was last tried, unless it goes well again. */
  function troubleWith({ resource, state }: Pick<Known<unknown>, 'resource' | 'state'>): string | undefined {
    return state().kind === 'watching' ? undefined : missing.get(resource.name)
  }

  /** Whoever may not read pods still sees the rest. */
  async function afterFirstFailure(): Promise<void> {
    await known.rollouts.synced(signal)
    await new Promise((resolve) => setTimeout(resolve, firstWaitMs).unref())
  }

  return {
    family() {
      const found = [...known.rollouts.store.values()].find(({ metadata }) => metadata.name === name)
      return (
        found && {
          rollout: found,
          replicaSets: [...known.replicaSets.store.values()],
          pods: [...known.pods.store.values()],
          experiments: [...known.experiments.store.values()],
          analysisRuns: [...known.analysisRuns.store.values()],
          jobs: [...known.jobs.store.values()],
          split: [...known.splits.store.values()].find(({ metadata }) => metadata.name === name),
          missing: Object.values(known).flatMap((each) => (each === known.rollouts ? [] : (troubleWith(each) ?? []))),
        }
      )
    },
    trouble: () => troubleWith(known.rollouts),
    ended,
  }
}

const firstWaitMs = 1_000

type Known<T> = {
  readonly store: Store<T>
  readonly resource: Resource
  state(): ReflectorState
  synced(signal: AbortSignal): Promise<void>
}

function storeOf<T extends KubeObject>(
  informers: Informers,
  interest: { readonly resource: Resource; readonly namespace: string; readonly labelSelector?: string; readonly fieldSelector?: string },
): Known<T> {
  const informer = informers.of<T>(interest)
  return { store: informer.store, resource: interest.resource, state: () => informer.state(), synced: (signal) => informer.synced(signal) }
}
