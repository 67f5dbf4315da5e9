/** How the weights shall stand: onto pods only that the edges report ready, off a version at once where another can take its share. */

import { type CanaryPass, canarySize, canaryWeight, entryServices, sharedServices } from './canaryPass.ts'
import { isRouted, readyAt } from './edges.ts'
import { podsFor } from './replicaCounts.ts'
import { resolveSurge } from './surge.ts'
import { setOf, type VersionSet, type View } from './view.ts'
import type { Waiting } from './waiting.ts'

/** By pod-template hash; they add up to the whole. */
export type Weights = ReadonlyMap<string, number>

export type TrafficPlan = {
  /** Of the canary, where nothing is in the way. */
  readonly canaryTarget: number
  /** That the split shall have now. */
  readonly weights: Weights
  /** Why the weights are not where they are meant to be. */
  readonly waits: readonly Waiting[]
}

/** As the split was observed to have them: of versions that are no more, stable has the share. */
export function observedWeights(pass: CanaryPass): Weights {
  const { view, canary } = pass
  const stable = view.stableSet?.hash ?? view.hash
  const services = view.observed.split?.spec.services ?? []
  const shared = services.find(({ name }) => sharedServices(pass).includes(name)) ?? services[0]
  const weights = new Map<string, number>()
  let rest = canary.totalWeight
  for (const { podTemplateHash, weight } of shared?.weights ?? []) {
    if (podTemplateHash === stable || setOf(view, podTemplateHash) === undefined || weight <= 0) continue
    const taken = Math.min(weight, rest)
    if (taken > 0) weights.set(podTemplateHash, (weights.get(podTemplateHash) ?? 0) + taken)
    rest -= taken
  }
  weights.set(stable, rest)
  return weights
}

export function planTraffic(pass: CanaryPass): TrafficPlan {
  const { view, canary } = pass
  const { newSet, stableSet } = view
  const before = observedWeights(pass)
  if (stableSet === undefined || newSet === undefined || newSet === stableSet) return backToStable(pass, before)
  // Without a single pod a share would be the fallback's in truth; where nobody is to have pods, it is nobody's.
  const isEmpty = newSet.available === 0 && view.settings.replicas > 0
  const canaryTarget = isEmpty ? 0 : canaryWeight(pass)
  const current = before.get(newSet.hash) ?? 0
  const waits: Waiting[] = []
  let share = canaryTarget
  if (canaryTarget > current) {
    const wait = canaryGate(pass, newSet, canaryTarget)
    if (wait !== undefined) {
      waits.push(wait)
      share = current
    }
  }
  const after = shift(pass, before, new Map([[newSet.hash, share]]), waits)
  if (isEmpty && canaryWeight(pass) > 0)
    waits.push({
      kind: 'pods',
      hash: newSet.hash,
      available: 0,
      needed: podsFor(view.settings.replicas, { weight: canaryWeight(pass), totalWeight: canary.totalWeight }),
    })
  return { canaryTarget: canaryWeight(pass), weights: after, waits }
}

function backToStable(pass: CanaryPass, before: Weights): TrafficPlan {
  const waits: Waiting[] = []
  return { canaryTarget: canaryWeight(pass), weights: shift(pass, before, new Map(), waits), waits }
}

/** `shares` to their versions and all the rest to stable, as far as stable can take it. */
function shift(pass: CanaryPass, before: Weights, shares: Weights, waits: Waiting[]): Weights {
  const { view, canary } = pass
  const stable = view.stableSet?.hash ?? view.hash
  const rest = canary.totalWeight - [...shares.values()].reduce((sum, weight) => sum + weight, 0)
  const current = before.get(stable) ?? 0
  const wait = rest > current ? stableGate(pass, rest) : undefined
  const after = new Map([...shares])
  if (wait === undefined) return after.set(stable, rest)
  waits.push(wait)
  after.set(stable, current)
  // What stable cannot take stays where it is: with older versions first, the canary last.
  let left = rest - current
  const keepers = [...before.keys()].filter((hash) => hash !== stable).sort((a, b) => Number(shares.has(a)) - Number(shares.has(b)))
  for (const hash of keepers) {
    const kept = Math.min(left, Math.max((before.get(hash) ?? 0) - (after.get(hash) ?? 0), 0))
    after.set(hash, (after.get(hash) ?? 0) + kept)
    left -= kept
  }
  return after
}

/** Why a version may not have more than it has, if so. */
function canaryGate(pass: CanaryPass, set: VersionSet, weight: number): Waiting | undefined {
  const { view, canary, progress } = pass
  // A user may want fewer pods than the weight calls for.
  const { replicas } = view.settings
  const needed = Math.max(Math.min(1, replicas), Math.min(podsFor(replicas, { weight, totalWeight: canary.totalWeight }), canarySize(pass)))
  if (set.available < needed) return { kind: 'pods', hash: set.hash, available: set.available, needed }
  const wait = edgesGate(pass)
  if (wait !== undefined && progress.kind !== 'promotingFully') return wait
  return isAnyRouted(pass) ? endpointsGate(view, set, needed) : undefined
}

/** Why the edges as they are cannot be relied upon, if so. */
export function edgesGate(pass: CanaryPass): Waiting | undefined {
  const { edges } = pass.view
  if (edges.needed.length === 0) return { kind: 'noReadyEdge' }
  if (edges.silent.length > 0) return { kind: 'silentEdges', edges: edges.silent.map(({ name }) => name) }
  const services = entryServices(pass)
  return isAnyRouted(pass) ? undefined : { kind: 'noRoute', services }
}

/** Of the edges that are heard of, the one that sees too few. */
export function endpointsGate({ edges }: View, { hash }: VersionSet, needed: number): Waiting | undefined {
  for (const edge of edges.speaking) {
    const ready = readyAt([edge], hash)
    if (ready < needed) return { kind: 'endpoints', hash, edge: edge.name, ready, needed }
  }
  return undefined
}

/** Back to stable with less ceremony: what it leaves is not wanted any more. An abort needs but one pod. */
function stableGate(pass: CanaryPass, weight: number): Waiting | undefined {
  const { view, canary, progress } = pass
  const set = view.stableSet
  const { replicas } = view.settings
  if (set === undefined || replicas === 0) return undefined
  const tolerated = resolveSurge(replicas, canary.surge).maxUnavailable
  const full = podsFor(replicas, { weight, totalWeight: canary.totalWeight })
  const needed = progress.kind === 'aborted' ? 1 : Math.max(full - tolerated, 1)
  const atEdges = view.edges.speaking.map((edge) => readyAt([edge], set.hash))
  if (progress.kind === 'aborted')
    return set.ready > 0 || atEdges.some((ready) => ready > 0) ? undefined : { kind: 'pods', hash: set.hash, available: 0, needed }
  if (set.ready < needed) return { kind: 'pods', hash: set.hash, available: set.ready, needed }
  return isAnyRouted(pass) ? endpointsGate(view, set, needed) : undefined
}

/** Edges see no pods of what no route leads to. */
function isAnyRouted(pass: CanaryPass): boolean {
  return isRouted(pass.view.edges.needed, entryServices(pass))
}
