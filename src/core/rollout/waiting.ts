/** What a rollout waits for, and how that reads: what people may have to see to begins with a name of its own, and is told as an event. */
import { silenceMs } from './edges.ts'
import type { View } from './view.ts'

export type Waiting =
  /** Too few pods of a version are available. */
  | { readonly kind: 'pods'; readonly hash: string; readonly available: number; readonly needed: number }
  /** Too few are ready where the traffic comes in. */
  | { readonly kind: 'endpoints'; readonly hash: string; readonly edge: string; readonly ready: number; readonly needed: number }
  /** Pods of other versions have yet to go. */
  | { readonly kind: 'oldPods'; readonly count: number }
  | { readonly kind: 'noReadyEdge' }
  | { readonly kind: 'noRoute'; readonly services: readonly string[] }
  /** Edges that serve, and say nothing. */
  | { readonly kind: 'silentEdges'; readonly edges: readonly string[] }
  /** Edges that have yet to apply the split. */
  | { readonly kind: 'edgesBehind'; readonly edges: readonly string[] }
  /** Requests to a version that leaves are under way. */
  | { readonly kind: 'inFlight'; readonly hash: string; readonly count: number }
  | { readonly kind: 'traffic'; readonly weight: number; readonly wanted: number }
  /** What a step or analysis would need is not built yet: a user may promote past it. */
  | { readonly kind: 'unsupported'; readonly what: string }
  | { readonly kind: 'user' }
  | { readonly kind: 'time' }

export function textOf(waiting: Waiting, view: View): string {
  switch (waiting.kind) {
    case 'pods':
      return `waiting for pods of ${waiting.hash}: ${waiting.available} of ${waiting.needed} available`
    case 'endpoints':
      return `waiting for edge ${waiting.edge} to see ready pods of ${waiting.hash}: ${waiting.ready} of ${waiting.needed}`
    case 'oldPods':
      return `waiting for ${waiting.count === 1 ? 'one old pod' : `${waiting.count} old pods`} to go`
    case 'noReadyEdge':
      return 'NoReadyEdge: no edge is ready to carry the traffic'
    case 'noRoute':
      return `NoRoute: no edge has a route to ${waiting.services.length === 0 ? 'this Rollout' : `Service ${waiting.services.join(' or ')}`}`
    case 'silentEdges':
      return `SilentEdge: ${waiting.edges.map((name) => silentText(name, view)).join('; ')}`
    case 'edgesBehind':
      return behindText(waiting.edges, view)
    case 'inFlight':
      return `waiting for ${waiting.count} ${waiting.count === 1 ? 'request' : 'requests'} to ${waiting.hash} to end`
    case 'traffic':
      return `waiting for the canary's weight to go from ${waiting.weight} to ${waiting.wanted}`
    case 'unsupported':
      return `NotSupportedYet: ${waiting.what} is not supported yet, promote to go on without it`
    case 'user':
      return 'waiting for somebody to promote'
    case 'time':
      return 'waiting for the pause to end'
  }
}

function silentText(name: string, { observed }: View): string {
  const edge = observed.edges.find((each) => each.name === name)
  const what = edge?.silentMs === undefined ? 'has not been heard of yet' : `has not been heard of for ${silenceMs / 1000} s or more`
  return `edge ${name} ${what}${edge?.trouble === undefined ? '' : ` (${edge.trouble})`}`
}

function behindText(names: readonly string[], { observed }: View): string {
  const refusing = observed.edges.find(({ name, refused }) => names.includes(name) && refused !== undefined)
  if (refusing !== undefined) return `SplitRefused: edge ${refusing.name} cannot serve by the split: ${refusing.refused?.message}`
  const [first = '', ...others] = names
  return `waiting for edge ${first}${others.length === 0 ? '' : ` and ${others.length} more`} to serve by the weights`
}
