import type { Rollout } from '../../api/rollout.ts'
import { experimentNameAnnotation } from '../../api/rolloutLabels.ts'
import type { Service } from '../../api/services.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { ActionFailure, Observed, ObservedEdge } from '../../core/rollout/observed.ts'
import { keyOf } from '../../kube/resource.ts'
import { servicesOfIngress } from '../ingressServices.ts'
import type { Stores } from '../stores.ts'
import { servicesNamed } from './servicesNamed.ts'

/** What of a decision's input the stores do not hold. */
export type Beside = {
  readonly isEdgeDefault: boolean
  /** Undefined: discovery did not succeed. */
  readonly hasIstio: boolean | undefined
  readonly edges: readonly ObservedEdge[]
  readonly failure: ActionFailure | undefined
}

export function observe(rollout: Rollout, stores: Stores, { isEdgeDefault, hasIstio, edges, failure }: Beside): Observed {
  const key = keyOf(rollout)
  const { namespace = '', uid = '' } = rollout.metadata
  const replicaSets = stores.replicaSets.by('owner', uid).filter(({ metadata }) => metadata.annotations?.[experimentNameAnnotation] === undefined)
  const ingresses = stores.ingresses.by('namespace', namespace).map((ingress) => [ingress.metadata.name, servicesOfIngress(ingress)] as const)
  return {
    replicaSets: replicaSets.toSorted(byAge),
    pods: replicaSets.flatMap(({ metadata }) => stores.pods.by('owner', metadata.uid ?? '')).toSorted(byAge),
    services: servicesOf(rollout, replicaSets, stores),
    claimedBy: claimsOn(rollout, stores),
    router: { isEdgeDefault, hasIstio, ingresses: new Map(ingresses) },
    split: stores.splits.get(key),
    edges,
    failure,
  }
}

/** Those that it names, and backend Services. */
function servicesOf(rollout: Rollout, replicaSets: readonly ReplicaSet[], stores: Stores): ReadonlyMap<string, Service> {
  const named = servicesNamed(rollout).map((name) => stores.services.get(`${rollout.metadata.namespace}/${name}`))
  const all = [
    ...named.filter((service) => service !== undefined),
    ...replicaSets.flatMap(({ metadata }) => stores.services.by('owner', metadata.uid ?? '')),
  ]
  return new Map(all.map((service) => [service.metadata.name, service]))
}

/** Names of Services, and of the older Rollouts that name them too. */
function claimsOn(rollout: Rollout, stores: Stores): ReadonlyMap<string, string> {
  const claims = servicesNamed(rollout).flatMap((name) => {
    const claimants = stores.rollouts.by('service', `${rollout.metadata.namespace}/${name}`).toSorted(byAge)
    const [oldest] = claimants
    return oldest === undefined || oldest.metadata.uid === rollout.metadata.uid || byAge(rollout, oldest) < 0
      ? []
      : [[name, oldest.metadata.name] as const]
  })
  return new Map(claims)
}

type Aged = { readonly metadata: { readonly creationTimestamp?: string; readonly name: string } }

/** The oldest first, and always in the same order. */
function byAge({ metadata: a }: Aged, { metadata: b }: Aged): number {
  const [atA = '', atB = ''] = [a.creationTimestamp, b.creationTimestamp]
  return atA < atB ? -1 : atA > atB ? 1 : a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
