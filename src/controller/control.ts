import { setTimeout as delay } from 'node:timers/promises'
import { rolloutGroup, rolloutVersion, spillwayGroup } from '../api/rolloutLabels.ts'
import type { ObservedEdge } from '../core/rollout/observed.ts'
import type { KubeClient } from '../kube/client.ts'
import { openDiscovery } from '../kube/discovery.ts'
import { type Leadership, runElected } from '../kube/election.ts'
import { openInformers } from '../kube/informers.ts'
import type { ElectionTimes } from '../kube/lease.ts'
import { openRecorder } from '../kube/recorder.ts'
import type { ReflectorTimes } from '../kube/reflector.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import { followIstio } from './istio.ts'
import { openLoop } from './loop.ts'
import type { Decide, EventsOf } from './rollout/pass.ts'
import { openStores, type Scope } from './stores.ts'

/** What edges report, by the key of the split. */
export type EdgeReports = {
  edgesOf(key: string): readonly ObservedEdge[]
  /** Calls `listener` with the key of a Rollout of which an edge tells something else than before; returns what ends that. */
  subscribe(listener: (key: string) => void): () => void
}

export type ControlOptions = {
  readonly client: KubeClient
  readonly scope: Scope
  /** Unique to this process. */
  readonly identity: string
  /** Absent: whoever runs this knows that there is no other. */
  readonly election?: { readonly namespace: string; readonly times?: Partial<ElectionTimes> }
  readonly decide: Decide
  readonly eventsOf: EventsOf
  readonly reports: EdgeReports
  readonly isEdgeDefault: boolean
  readonly workers: number
  readonly log: Log
  /** It knows the cluster, and leads or is ready to. */
  onSynced?(): void
  readonly reflectorTimes?: Partial<ReflectorTimes>
  readonly watchLagMs?: number
}

const leaseName = 'spillway-controller'
const missingKindsMs = 5_000
const flushMs = 2_000

/** Looks after all Rollouts in scope until the signal; rejects with NotLeading where the lease was lost. */
export async function control(options: ControlOptions, signal: AbortSignal): Promise<void> {
  const { client, scope, identity, election, log, reports } = options
  await kindsDefined(client, log, signal)
  if (signal.aborted) return
  const following = new AbortController()
  const end = AbortSignal.any([signal, following.signal])
  const informers = openInformers({
    client,
    onFailure: ({ name }, error, failures) => log.warn(`${name} cannot be followed; trying again`, { failures, error: explain(error) }),
    ...(options.reflectorTimes && { times: options.reflectorTimes }),
  })
  const stores = openStores(informers, scope)
  const followed = informers.run(end)
  const istio = followIstio(client, end)
  const recorder = openRecorder({
    client,
    component: leaseName,
    instance: identity,
    onFailure: (error) => log.warn('an event could not be told', { error: explain(error) }),
  })
  try {
    // Those that wait to lead know the cluster already.
    await Promise.all([stores.synced(end), istio.asked])
    options.onSynced?.()
    const lead = async (leadership: Leadership | undefined, leading: AbortSignal): Promise<void> => {
      log.info('looking after rollouts', { identity, rollouts: stores.rollouts.size })
      const { decide, eventsOf, isEdgeDefault, workers, watchLagMs } = options
      const guard = (): AbortSignal => leadership?.guard() ?? leading
      const edgesOf = (key: string): readonly ObservedEdge[] => reports.edgesOf(key)
      const given = { client, stores, decide, eventsOf, recorder, log, workers, isEdgeDefault, hasIstio: istio.hasIstio, edgesOf, guard }
      const loop = openLoop({ ...given, ...(watchLagMs !== undefined && { watchLagMs }) })
      const unsubscribe = reports.subscribe((key) => loop.add(key))
      try {
        await loop.run(leading)
      } finally {
        unsubscribe()
      }
    }
    if (election === undefined) await lead(undefined, end)
    else {
      const { namespace, times } = election
      const onFailure = (error: Error): void => log.warn('the lease could not be read or written', { error: explain(error) })
      const lease = { namespace, name: leaseName }
      await runElected({ client, lease, identity, onFailure, ...(times && { times }) }, end, lead)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await recorder.flush(flushMs)
    following.abort()
    await followed
  }
}

/** Resolves once the server has all kinds that a controller cannot do without, or the signal has aborted. */
async function kindsDefined(client: KubeClient, log: Log, signal: AbortSignal): Promise<void> {
  const needed = [
    [`${rolloutGroup}/${rolloutVersion}`, 'Rollout'],
    [`${spillwayGroup}/v1alpha1`, 'TrafficSplit'],
  ] as const
  const discovery = openDiscovery(client)
  let told = ''
  while (!signal.aborted) {
    try {
      const found = await Promise.all(needed.map(async ([apiVersion, kind]) => ((await discovery.find(apiVersion, kind, signal)) ? [] : [kind])))
      const missing = found.flat().join(' and ')
      if (missing === '') return
      if (told !== missing) log.error(`the cluster does not know what a ${missing} is: kubectl apply -f charts/spillway/crds; waiting for it`)
      told = missing
    } catch (error) {
      if (!signal.aborted) log.warn('the API server does not say which kinds it has; trying again', { error: explain(error) })
    }
    await delay(missingKindsMs, undefined, { signal }).catch(() => undefined)
  }
}
