/** Who carries out the traffic of a revision: the edges, or the number of pods alone. */

import type { TrafficRouting } from '../../api/rollout.ts'
import { edgePlugin } from '../../api/rolloutLabels.ts'
import type { RouterFacts } from './observed.ts'
import type { CanarySettings } from './settings.ts'
import type { View } from './view.ts'

export type Router = 'edge' | 'pods'

/**
 * Once decided it holds for the whole revision: a change of the stanza or of the cluster meets the next one, or this one once nothing is under way.
 * Undefined: whether the cluster has Istio has to be known first.
 */
export function routerOf(view: View): Router | undefined {
  const recorded = view.status.spillway?.router
  if (recorded !== undefined && !view.isNewTemplate && !view.isSettled) return recorded
  return decided(view) ?? recorded
}

function decided({ settings: { strategy }, observed: { router, edges } }: View): Router | undefined {
  if (strategy.kind === 'canary') return decidedForCanary(strategy, router)
  const services = [strategy.activeService, ...(strategy.previewService === undefined ? [] : [strategy.previewService])]
  const isRouted = services.some((service) => isNamed(service, router) || edges.some(({ routedServices }) => routedServices.includes(service)))
  return isRouted ? 'edge' : 'pods'
}

function decidedForCanary({ trafficRouting, stableService }: CanarySettings, facts: RouterFacts): Router | undefined {
  if (trafficRouting?.plugins?.[edgePlugin] !== undefined) return 'edge'
  if (!facts.isEdgeDefault) return 'pods'
  if (trafficRouting === undefined) return stableService !== undefined && isNamed(stableService, facts) ? 'edge' : 'pods'
  if (trafficRouting.istio) return facts.hasIstio === undefined ? undefined : facts.hasIstio ? 'pods' : 'edge'
  return stableIngresses(trafficRouting).some((name) => facts.ingresses.has(name)) ? 'edge' : 'pods'
}

/** An Ingress of our class leads to it. */
function isNamed(service: string, { ingresses }: RouterFacts): boolean {
  return [...ingresses.values()].some((services) => services.includes(service))
}

function stableIngresses({ nginx }: TrafficRouting): readonly string[] {
  if (typeof nginx !== 'object' || nginx === null) return []
  const one = 'stableIngress' in nginx ? [nginx.stableIngress] : []
  const several = 'stableIngresses' in nginx && Array.isArray(nginx.stableIngresses) ? nginx.stableIngresses : []
  return [...one, ...several].filter((name) => typeof name === 'string')
}
