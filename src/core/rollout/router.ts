/** Who carries out the traffic of a revision: the edges, or the number of pods alone. */
import { edgePlugin } from '../../api/rolloutLabels.ts'
import type { View } from './view.ts'

export type Router = 'edge' | 'pods'

/** Once decided it holds for the whole revision: a change of the stanza or of the cluster meets the next one. */
export function routerOf(view: View): Router {
  const { status, isNewTemplate, isSettled } = view
  const recorded = status.spillway?.router
  if (recorded !== undefined && !isNewTemplate && !isSettled) return recorded
  return decided(view)
}

function decided({ settings: { strategy } }: View): Router {
  if (strategy.kind === 'blueGreen') return 'pods'
  return strategy.trafficRouting?.plugins?.[edgePlugin] === undefined ? 'pods' : 'edge'
}
