import { setTimeout as delay } from 'node:timers/promises'
import type { Lease } from '../api/node.ts'
import type { KubeClient } from '../kube/client.ts'
import { isKubeError } from '../kube/errors.ts'
import { keyOf, leases } from '../kube/resource.ts'
import { explain } from '../lib/explain.ts'
import type { Log } from '../lib/log.ts'
import type { Scope } from './stores.ts'

/** Whether Argo Rollouts' own controller looks after the same Rollouts: two who write to one would undo each other's work. */
export type UpstreamLock = {
  /** Resolves once it is sure that there is none, or the signal aborts. */
  absent(signal: AbortSignal): Promise<void>
  /** Aborts when one has appeared since; to be asked for once it was absent. */
  appeared(signal: AbortSignal): AbortSignal
}

export class UpstreamAtWork extends Error {
  override readonly name = 'UpstreamAtWork'
}

export type UpstreamLockOptions = {
  readonly client: KubeClient
  readonly scope: Scope
  /** Where its Lease is looked for if those of the whole cluster may not be listed. */
  readonly namespace: string
  readonly log: Log
  /** How often it is looked. */
  readonly everyMs?: number
  readonly now?: () => number
}

const leaseName = 'argo-rollouts-controller-lock'
const defaultEveryMs = 5_000
/** client-go's, where a lease does not say. */
const defaultLeaseS = 15
/** Whatever two clocks say of each other, a lease that was last renewed then is held by nobody. */
const longAgoMs = 600_000

/** A lease as last seen, and since when it has looked so. */
type Seen = { readonly version: string | undefined; readonly sinceMs: number; readonly hasMoved: boolean }

export function openUpstreamLock(options: UpstreamLockOptions): UpstreamLock {
  const { client, scope, namespace, log, everyMs = defaultEveryMs, now = () => performance.now() } = options
  const name = scope.instanceId === '' ? leaseName : `${leaseName}-${scope.instanceId}`
  const seen = new Map<string, Seen>()

  async function list(signal: AbortSignal): Promise<readonly Lease[]> {
    const query = { fieldSelector: `metadata.name=${name}`, signal }
    if (scope.namespace !== undefined) return (await client.list<Lease>(leases, { ...query, namespace: scope.namespace })).items
    try {
      return (await client.list<Lease>(leases, query)).items
    } catch (error) {
      if (!isKubeError(error, 'forbidden')) throw error
      return (await client.list<Lease>(leases, { ...query, namespace })).items
    }
  }

  /** `held`: its holder renews it; `unsure`: it may. */
  function judge(lease: Lease): 'held' | 'unsure' | 'free' {
    const { holderIdentity = '', leaseDurationSeconds = defaultLeaseS, renewTime } = lease.spec ?? {}
    const key = keyOf(lease)
    const before = seen.get(key)
    const version = lease.metadata.resourceVersion
    if (before === undefined || before.version !== version) seen.set(key, { version, sinceMs: now(), hasMoved: before !== undefined })
    if (holderIdentity === '') return 'free'
    if (renewTime !== undefined && Date.now() - Date.parse(renewTime) > longAgoMs && before?.hasMoved !== true) return 'free'
    const { sinceMs, hasMoved } = seen.get(key)!
    if (now() - sinceMs >= leaseDurationSeconds * 1_000) return 'free'
    return hasMoved ? 'held' : 'unsure'
  }

  async function look(signal: AbortSignal): Promise<{ readonly state: 'held' | 'unsure' | 'free'; readonly lease?: Lease }> {
    const judged = (await list(signal)).map((lease) => ({ state: judge(lease), lease }))
    return judged.find(({ state }) => state === 'held') ?? judged.find(({ state }) => state === 'unsure') ?? { state: 'free' }
  }

  return {
    async absent(signal) {
      let told = false
      while (!signal.aborted) {
        try {
          const { state, lease } = await look(signal)
          if (state === 'free') return
          if (state === 'held' && !told) {
            log.error(
              "Argo Rollouts' controller is at work here: scale its Deployment to 0, or give one of the two an --instance-id; waiting",
              described(lease),
            )
            told = true
          }
        } catch (error) {
          if (!signal.aborted) log.warn("the Lease of Argo Rollouts' controller could not be read; trying again", { error: explain(error) })
        }
        await delay(everyMs, undefined, { signal }).catch(() => undefined)
      }
    },
    appeared(signal) {
      const found = new AbortController()
      void (async () => {
        while (!signal.aborted && !found.signal.aborted) {
          await delay(everyMs, undefined, { signal }).catch(() => undefined)
          if (signal.aborted) return
          const { state, lease } = await look(signal).catch(() => ({ state: 'unsure' as const, lease: undefined }))
          if (state !== 'held') continue
          log.error("Argo Rollouts' controller has begun to work here: two of them would undo each other's work, so this one ends", described(lease))
          found.abort(new UpstreamAtWork("Argo Rollouts' controller is at work here"))
        }
      })()
      return found.signal
    },
  }
}

function described(lease: Lease | undefined): Readonly<Record<string, string>> {
  return lease === undefined ? {} : { lease: keyOf(lease), holder: lease.spec?.holderIdentity ?? '' }
}
