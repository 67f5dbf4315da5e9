import type { Rollout, RolloutSpec, RolloutStatus } from '../../../src/api/rollout.ts'
import type { Service } from '../../../src/api/services.ts'
import type { TrafficSplit } from '../../../src/api/trafficSplit.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import { decide } from '../../../src/core/rollout/decide.ts'
import type { Action, Decision } from '../../../src/core/rollout/decision.ts'
import type { ActionFailure, Observed, ObservedEdge, RouterFacts } from '../../../src/core/rollout/observed.ts'

/** One Rollout and what belongs to it: actions happen at once, pods and edges follow when told to. */
export type World = {
  rollout: Rollout
  readonly replicaSets: Map<string, ReplicaSet>
  readonly services: Map<string, Service>
  split: TrafficSplit | undefined
  edges: ObservedEdge[]
  failure: ActionFailure | undefined
  facts: RouterFacts
  now: number
  /** Pods of these images never become ready. */
  readonly broken: Set<string>
}

const selector = { app: 'shop' }

export function worldOf(spec: Partial<RolloutSpec>, serviceNames: readonly string[] = ['shop-stable', 'shop-canary']): World {
  return {
    rollout: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'shop', namespace: 'shops', uid: 'rollout-1', generation: 1 },
      spec: { replicas: 10, selector: { matchLabels: selector }, template: templateOf('v1'), strategy: { canary: {} }, ...spec },
    },
    replicaSets: new Map(),
    services: new Map(serviceNames.map((name) => [name, serviceOf(name)])),
    split: undefined,
    edges: [],
    failure: undefined,
    facts: { isEdgeDefault: false, hasIstio: undefined, ingresses: new Map() },
    now: Date.parse('2026-01-01T00:00:00Z'),
    broken: new Set(),
  }
}

export function templateOf(image: string): NonNullable<RolloutSpec['template']> {
  return { metadata: { labels: selector }, spec: { containers: [{ name: 'shop', image }] } }
}

function serviceOf(name: string): Service {
  return { metadata: { name, namespace: 'shops', uid: `service-${name}` }, spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }
}

export function edgeOf(name: string, routedServices: readonly string[] = ['shop-stable']): ObservedEdge {
  return { name, silentMs: 0, applied: undefined, routedServices, backends: [] }
}

export function observedIn(world: World): Observed {
  return {
    replicaSets: [...world.replicaSets.values()],
    pods: [],
    services: world.services,
    claimedBy: new Map(),
    router: world.facts,
    split: world.split,
    edges: world.edges,
    failure: world.failure,
  }
}

/** Decides and does it. */
export function pass(world: World): Decision {
  const decision = decide(world.rollout, observedIn(world), world.now, (pattern) => ({ matches: (text) => new RegExp(pattern).test(text) }))
  for (const action of decision.actions) execute(world, action)
  world.rollout = { ...world.rollout, status: JSON.parse(JSON.stringify(decision.status)) as RolloutStatus }
  return decision
}

/** Passes, with pods and edges following, until nothing is done any more. */
export function settle(world: World): Decision {
  for (let count = 0; count < 60; count++) {
    follow(world)
    const before = JSON.stringify(world.rollout.status)
    const decision = pass(world)
    if (decision.actions.length === 0 && JSON.stringify(world.rollout.status) === before) return decision
  }
  throw new Error(`does not settle: ${JSON.stringify(pass(world).actions)}`)
}

/** Pods become ready, and edges apply what they are given. */
export function follow(world: World): void {
  for (const [name, set] of world.replicaSets) {
    const replicas = set.spec.replicas ?? 0
    const ready = world.broken.has(set.spec.template?.spec.containers[0]?.image ?? '') ? 0 : replicas
    world.replicaSets.set(name, { ...set, status: { replicas, readyReplicas: ready, availableReplicas: ready } })
  }
  world.edges = world.edges.map((edge) => {
    if (edge.silentMs !== 0) return edge
    const { split } = world
    if (split === undefined) return { ...edge, applied: undefined, backends: [] }
    const inFlight = (hash: string): number => edge.backends.find((backend) => backend.podTemplateHash === hash)?.inFlight ?? 0
    const backends = split.spec.backends.map(({ podTemplateHash }) => ({
      podTemplateHash,
      readyEndpoints: setWith(world, podTemplateHash)?.status?.readyReplicas ?? 0,
      inFlight: inFlight(podTemplateHash),
    }))
    return { ...edge, applied: { uid: split.metadata.uid!, generation: split.metadata.generation! }, backends }
  })
}

export function setWith(world: World, hash: string): ReplicaSet | undefined {
  return [...world.replicaSets.values()].find(({ metadata }) => metadata.labels?.['rollouts-pod-template-hash'] === hash)
}

/** By image, its pods wanted: what runs. */
export function sizes(world: World): Record<string, number> {
  return Object.fromEntries([...world.replicaSets.values()].map((set) => [set.spec.template!.spec.containers[0]!.image!, set.spec.replicas ?? 0]))
}

/** By image, its weight at the first Service. */
export function weights(world: World): Record<string, number> {
  const shared = world.split?.spec.services[0]?.weights ?? []
  return Object.fromEntries(shared.map(({ podTemplateHash, weight }) => [imageOf(world, podTemplateHash), weight]))
}

export function imageOf(world: World, hash: string | undefined): string {
  return setWith(world, hash ?? '')?.spec.template?.spec.containers[0]?.image ?? '?'
}

/** By Service, the image that it selects. */
export function selected(world: World): Record<string, string> {
  const own = [...world.services.values()].filter(({ metadata }) => metadata.labels === undefined)
  return Object.fromEntries(own.map(({ metadata, spec }) => [metadata.name, imageOf(world, spec.selector?.['rollouts-pod-template-hash'])]))
}

export function edit(world: World, spec: Partial<RolloutSpec>): void {
  const { metadata } = world.rollout
  world.rollout = { ...world.rollout, metadata: { ...metadata, generation: metadata.generation! + 1 }, spec: { ...world.rollout.spec, ...spec } }
}

/** As a merge patch of the status: null takes a field away. */
export function patch(world: World, changes: Readonly<Record<string, unknown>>): void {
  const merged = Object.entries({ ...world.rollout.status, ...changes }).filter(([, value]) => value !== null)
  world.rollout = { ...world.rollout, status: Object.fromEntries(merged) as RolloutStatus }
}

function execute(world: World, action: Action): void {
  switch (action.kind) {
    case 'createReplicaSet': {
      const { metadata } = action.replicaSet
      world.replicaSets.set(metadata.name, { ...action.replicaSet, metadata: { ...metadata, uid: `set-${metadata.name}` } })
      return
    }
    case 'scaleReplicaSet':
    case 'annotateReplicaSet': {
      const set = world.replicaSets.get(action.target.name)!
      const annotations = merged(set.metadata.annotations, action.annotations)
      const replicas = action.kind === 'scaleReplicaSet' ? action.to : set.spec.replicas!
      world.replicaSets.set(action.target.name, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, replicas } })
      return
    }
    case 'deleteReplicaSet':
      world.replicaSets.delete(action.target.name)
      return
    case 'selectPods': {
      const service = world.services.get(action.target.name)!
      const hash = action.to === null ? {} : { 'rollouts-pod-template-hash': action.to }
      const annotations = action.to === null ? {} : { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'shop' }
      world.services.set(action.target.name, {
        ...service,
        metadata: { ...service.metadata, annotations },
        spec: { ...service.spec, selector: { ...selector, ...hash } },
      })
      return
    }
    case 'createService':
      world.services.set(action.service.metadata.name, action.service)
      return
    case 'updateService': {
      const service = world.services.get(action.target.name)!
      world.services.set(action.target.name, { ...service, spec: { ...service.spec, ...action.spec } })
      return
    }
    case 'deleteService':
      world.services.delete(action.target.name)
      return
    case 'createSplit':
      world.split = { ...action.split, metadata: { ...action.split.metadata, uid: 'split-1', generation: 1 } }
      return
    case 'updateSplit':
      world.split = { ...world.split!, metadata: { ...world.split!.metadata, generation: world.split!.metadata.generation! + 1 }, spec: action.spec }
      return
    case 'deleteSplit':
      world.split = undefined
      return
    case 'evictPod':
      return
    case 'setReplicas':
      edit(world, { replicas: action.replicas })
      return
    case 'annotateRollout': {
      const { metadata } = world.rollout
      world.rollout = { ...world.rollout, metadata: { ...metadata, annotations: merged(metadata.annotations, action.annotations) } }
      return
    }
  }
}

function merged(
  annotations: Readonly<Record<string, string>> = {},
  changes: Readonly<Record<string, string | null>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries({ ...annotations, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null))
}
