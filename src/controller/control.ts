import { setTimeout as delay } from 'node:timers/promises'
import { rolloutGroup, rolloutVersion, spillwayGroup } from '../api/rolloutLabels.ts'
import type { ObservedEdge } from '../core/rollout/observed.ts'
import type { KubeClient } from '../kube/client.ts'
import { openDiscovery } from '../kube/discovery.ts'
import { type Leadership, runElected } from '../kube/election.ts'
import { type Informers, openInformers } from '../kube/informers.ts'
import type { ElectionTimes } from '../kube/lease.ts'
import { openRecorder } from '../kube/recorder.ts'
import type { ReflectorTimes } from '../kube/reflector.ts'
import { keyOf } from '../kube/resource.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import { edgeServicesIn, tellIngresses } from './ingressStatus.ts'
import { followIstio } from './istio.ts'
import { openLoop } from './loop.ts'
import type { PassCounts } from './metrics/passCounts.ts'
import { releaseServices } from './releaseServices.ts'
import type { Decide, EventsOf } from './rollout/pass.ts'
import { openStores, type Scope, type Stores } from './stores.ts'
import { openStatusWriter } from './traffic/statusWriter.ts'
import type { Traffic } from './traffic/traffic.ts'
import { openUpstreamLock, type UpstreamLockOptions } from './upstreamLock.ts'

/** What the edges are seen to do, by the key of the split. */
export type EdgeReports = Pick<Traffic, 'edgesOf' | 'subscribe' | 'run' | 'synced' | 'measured'>

export type ControlOptions = {
  readonly client: KubeClient
  readonly scope: Scope
  /** Unique to this process. */
  readonly identity: string
  /** The namespace of its Lease. */
  readonly home: string
  /** Absent: whoever runs this knows that there is no other. */
  readonly election?: { readonly times?: Partial<ElectionTimes> }
  readonly decide: Decide
  readonly eventsOf: EventsOf
  /** Begins to listen to the edges. */
  openReports(informers: Informers, stores: Stores): EdgeReports
  /** Where the Services in front of the edges are. */
  readonly edgeNamespaces: readonly string[]
  readonly counts: PassCounts
  readonly isEdgeDefault: boolean
  readonly workers: number
  readonly log: Log
  /** It knows the cluster, and leads or is ready to. */
  onSynced?(stores: Stores): void
  onLeading?(isLeading: boolean): void
  readonly reflectorTimes?: Partial<ReflectorTimes>
  readonly watchLagMs?: number
  readonly upstream?: Pick<UpstreamLockOptions, 'everyMs'>
}

const leaseName = 'spillway-controller'
const missingKindsMs = 5_000
const flushMs = 2_000

/** Looks after all Rollouts in scope until the signal; rejects with NotLeading where the lease was lost. */
export async function control(options: ControlOptions, signal: AbortSignal): Promise<void> {
  const { client, scope, identity, home, election, log } = options
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
  const edgeServices = edgeServicesIn(informers, options.edgeNamespaces)
  const reports = options.openReports(informers, stores)
  const followed = Promise.all([informers.run(end), reports.run(end)])
  const istio = followIstio(client, end)
  const recorder = openRecorder({
    client,
    component: leaseName,
    instance: identity,
    // A release of many steps has much to tell, and all of it matters to who follows it.
    burst: 250,
    onFailure: (error) => log.warn('an event could not be told', { error: explain(error) }),
  })
  const upstream = openUpstreamLock({ client, scope, namespace: home, log, ...options.upstream })

  async function lead(leadership: Leadership | undefined, leading: AbortSignal): Promise<void> {
    log.info('looking after rollouts', { identity, rollouts: stores.rollouts.size })
    const { decide, eventsOf, counts, isEdgeDefault, workers, watchLagMs } = options
    const working = AbortSignal.any([leading, upstream.appeared(leading)])
    const guard = (): AbortSignal => leadership?.guard() ?? leading
    const edgesOf = (key: string): readonly ObservedEdge[] => reports.edgesOf(key)
    const given = { client, stores, decide, eventsOf, recorder, log, counts, workers, isEdgeDefault, hasIstio: istio.hasIstio, edgesOf, guard }
    const loop = openLoop({ ...given, ...(watchLagMs !== undefined && { watchLagMs }) })
    const unsubscribe = reports.subscribe((keys) => {
      for (const key of keys === 'all' ? [...stores.rollouts.values()].map(keyOf) : keys) loop.add(key)
    })
    options.onLeading?.(true)
    try {
      const tellSplits = openStatusWriter({ client, splits: stores.splits, traffic: reports, guard, log })
      const tasks = [loop.run(working), tellSplits.run(working), releaseServices({ client, stores, log, guard }, working)]
      await Promise.all([...tasks, tellIngresses({ client, stores, edgeServices, log, guard }, working)])
    } finally {
      options.onLeading?.(false)
      unsubscribe()
    }
    if (!leading.aborted) working.throwIfAborted()
  }

  try {
    // Those that wait to lead know the cluster already.
    await Promise.all([stores.synced(end), reports.synced(end), istio.asked])
    options.onSynced?.(stores)
    await upstream.absent(end)
    if (election === undefined) await lead(undefined, end)
    else {
      const onFailure = (error: Error): void => log.warn('the lease could not be read or written', { error: explain(error) })
      const lease = { namespace: home, name: leaseNameOf(scope) }
      await runElected({ client, lease, identity, onFailure, ...election }, end, lead)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await recorder.flush(flushMs)
    following.abort()
    await followed
  }
}

/** Two instances share no Rollouts, and need not wait for each other. */
function leaseNameOf({ instanceId }: Scope): string {
  return instanceId === '' ? leaseName : `${leaseName}-${instanceId}`
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
