import type { Rollout } from '../api/rollout.ts'
import { managedByAnnotation, podTemplateHashLabel } from '../api/rolloutLabels.ts'
import type { KubeClient } from '../kube/client.ts'
import { isKubeError } from '../kube/errors.ts'
import { openQueue, type Worked } from '../kube/queue.ts'
import { keyOf, refOfKey, services } from '../kube/resource.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import { rollouts } from './resources.ts'
import { fieldManager, isStale } from './rollout/execute.ts'
import { servicesNamed } from './rollout/servicesNamed.ts'
import type { Stores } from './stores.ts'

type ReleaseOptions = {
  readonly client: KubeClient
  readonly stores: Pick<Stores, 'rollouts' | 'services'>
  readonly log: Log
  guard(): AbortSignal
}

const workers = 2
const callMs = 10_000
/** Whoever has just seen a deletion may ask a server that has not. */
const againMs = 100

/** Gives Services back whose Rollout is gone, or does not name them any more: they then select pods as their users wrote it. Until the signal. */
export async function releaseServices({ client, stores, log, guard }: ReleaseOptions, signal: AbortSignal): Promise<void> {
  const queue = openQueue({
    workers,
    onFailure: (key, error, failures) =>
      log.warn('a service could not be given back; trying again', { service: key, failures, error: explain(error) }),
  })

  async function work(key: string): Promise<Worked> {
    const service = stores.services.get(key)
    const owner = service?.metadata.annotations?.[managedByAnnotation]
    if (service === undefined || service.metadata.deletionTimestamp !== undefined || owner === undefined) return { kind: 'done' }
    const { namespace = '', name, uid, resourceVersion } = service.metadata
    if (isNamedBy(stores.rollouts.get(`${namespace}/${owner}`), name)) return { kind: 'done' }
    const call = { signal: AbortSignal.any([signal, guard()]), timeoutMs: callMs }
    // Asked of the server: Rollouts of other controllers are not in the store, and theirs are not ours to give back.
    const live = await client.get<Rollout>(rollouts, { namespace, name: owner }, call).catch((error: unknown) => {
      if (isKubeError(error, 'notFound')) return undefined
      throw error
    })
    if (isNamedBy(live, name)) return { kind: 'done' }
    const metadata = { uid, resourceVersion, annotations: { [managedByAnnotation]: null } }
    const body = { metadata, spec: { selector: { [podTemplateHashLabel]: null } } }
    try {
      await client.patch(services, refOfKey(key), { kind: 'merge', body }, { ...call, fieldManager })
    } catch (error) {
      if (!isStale(error)) throw error
      return { kind: 'again', atMs: performance.now() + againMs }
    }
    log.info('gave a service back', { service: key, rollout: owner })
    return { kind: 'done' }
  }

  const ends = [
    stores.services.subscribe(({ object }) => {
      if (object.metadata.annotations?.[managedByAnnotation] !== undefined) queue.add(keyOf(object))
    }),
    stores.rollouts.subscribe(({ object }) => {
      for (const service of stores.services.by('managedBy', keyOf(object))) queue.add(keyOf(service))
    }),
  ]
  try {
    await queue.run(work, signal)
  } finally {
    for (const end of ends) end()
  }
}

function isNamedBy(rollout: Rollout | undefined, service: string): boolean {
  return rollout !== undefined && servicesNamed(rollout).includes(service)
}
