/** Whom the active and the preview Service lead to, by edges and by selectors. The switch is one change of the split; selectors follow it. */
import type { SplitRole, SplitService } from '../../api/trafficSplit.ts'
import { backendServiceName } from './backendServices.ts'
import { activeSet, type BlueGreenPass, type BlueGreenProgress, entryHash, isSaturated } from './blueGreenProgress.ts'
import { inFlightAt, isRouted, readyAt } from './edges.ts'
import type { SplitPlan } from './plan.ts'
import { canSelect, selectedHash } from './selectors.ts'
import { setOf, type VersionSet, type View } from './view.ts'
import type { Waiting } from './waiting.ts'

export type Targets = {
  /** Undefined: nobody is served by this Rollout yet. */
  readonly active: VersionSet | undefined
  readonly preview: VersionSet | undefined
  /** Why users are not where they are meant to be. */
  readonly waits: readonly Waiting[]
}

const total = 100

/** Where the Services shall lead now. An abort comes before all else: nothing but a missing stable version stands in its way. */
export function targetsOf(pass: BlueGreenPass, progress: BlueGreenProgress): Targets {
  const { view } = pass
  const current = activeSet(pass)
  const { active, waits } = activeTarget(pass, progress, current)
  return { active, preview: previewTarget(pass, progress, active), waits: view.settings.isPaused && active === current ? [{ kind: 'user' }] : waits }
}

type ActiveTarget = Pick<Targets, 'active' | 'waits'>

function activeTarget(pass: BlueGreenPass, progress: BlueGreenProgress, current: VersionSet | undefined): ActiveTarget {
  const { view } = pass
  const { newSet, stableSet, settings } = view
  const stays = (...waits: readonly Waiting[]): ActiveTarget => ({ active: current, waits })
  switch (progress.kind) {
    case 'aborted':
      if (stableSet === undefined || current === stableSet) return stays()
      return abortTarget(pass, stableSet, stays)
    case 'switched':
      return { active: newSet, waits: [] }
    case 'initial':
    case 'settled':
      if (newSet === undefined || current === newSet || settings.isPaused) return stays()
      return canTakeOver(pass, newSet, current) ? gated(pass, { to: newSet, isForced: true, stays }) : stays(podsWait(newSet, settings.replicas))
    case 'previewing':
    case 'promotingFully': {
      if (newSet === undefined) return stays({ kind: 'pods', hash: view.hash, available: 0, needed: settings.replicas })
      if (current === newSet) return stays(...behindWaits(pass))
      if (settings.isPaused || (progress.kind === 'previewing' && !progress.isApproved)) return stays()
      if (!isSaturated(view, newSet)) return stays(podsWait(newSet, settings.replicas))
      return gated(pass, { to: newSet, isForced: progress.kind === 'promotingFully', stays })
    }
  }
}

/** Away from what was given up, as soon as a single pod of the stable version can answer in its place. */
function abortTarget(pass: BlueGreenPass, stableSet: VersionSet, stays: Move['stays']): ActiveTarget {
  const { view, router } = pass
  const current = stays().active
  // Nobody was taken anywhere: a Service that other pods serve changes hands as ever.
  if (current === undefined) return canTakeOver(pass, stableSet, current) ? { active: stableSet, waits: [] } : stays()
  if (stableSet.ready === 0 && stableSet.available === 0) return stays(podsWait(stableSet, 1))
  const blind = router === 'pods' || current.ready === 0 ? undefined : view.edges.speaking.find((edge) => readyAt([edge], stableSet.hash) === 0)
  return blind === undefined
    ? { active: stableSet, waits: [] }
    : stays({ kind: 'endpoints', hash: stableSet.hash, edge: blind.name, ready: 0, needed: 1 })
}

/** The switch is made; users are there once every edge serves by it. */
function behindWaits({ router, view: { edges } }: BlueGreenPass): readonly Waiting[] {
  if (router === 'pods' || edges.isAcknowledged) return []
  return edges.needed.length === 0 ? [{ kind: 'noReadyEdge' }] : [{ kind: 'edgesBehind', edges: edges.behind.map(({ name }) => name) }]
}

function podsWait({ hash, available }: VersionSet, needed: number): Waiting {
  return { kind: 'pods', hash, available, needed }
}

/** As good as what is there: where nobody is served yet that is all of it, since other pods may be that the Service selects. */
function canTakeOver({ view }: BlueGreenPass, set: VersionSet, current: VersionSet | undefined): boolean {
  if (isSaturated(view, set)) return true
  return current !== undefined && set.available > 0 && set.available >= Math.min(current.available, view.settings.replicas)
}

type Move = { readonly to: VersionSet; readonly isForced: boolean; readonly stays: (...waits: readonly Waiting[]) => ActiveTarget }

/** Onto pods only that every edge sees; edges that cannot be relied upon hold the switch, but for a user who wants it all the same. */
function gated({ view, blueGreen, router }: BlueGreenPass, { to, isForced, stays }: Move): ActiveTarget {
  const { edges, settings, observed } = view
  if (router === 'pods') return { active: to, waits: [] }
  if (observed.split === undefined) {
    // A first split takes over what the edges proxied plainly, as it is: edges see a version's pods only by it.
    const serving = stays().active
    return serving === undefined || serving.ready === 0 ? { active: to, waits: [] } : stays({ kind: 'noReadyEdge' })
  }
  if (!isForced) {
    if (edges.needed.length === 0) return stays({ kind: 'noReadyEdge' })
    if (edges.silent.length > 0) return stays({ kind: 'silentEdges', edges: edges.silent.map(({ name }) => name) })
    const services = serviceNames(blueGreen)
    if (!isRouted(edges.needed, services)) return stays({ kind: 'noRoute', services })
  }
  const needed = Math.min(settings.replicas, to.size, to.available)
  const blind = edges.speaking.find((edge) => readyAt([edge], to.hash) < needed)
  if (blind !== undefined) return stays({ kind: 'endpoints', hash: to.hash, edge: blind.name, ready: readyAt([blind], to.hash), needed })
  return { active: to, waits: [] }
}

function serviceNames({ activeService, previewService }: BlueGreenPass['blueGreen']): readonly string[] {
  return [activeService, ...(previewService === undefined ? [] : [previewService])]
}

/** The new version as soon as it can answer; what was there before until then. */
function previewTarget(pass: BlueGreenPass, progress: BlueGreenProgress, active: VersionSet | undefined): VersionSet | undefined {
  const { view, blueGreen, router } = pass
  const { newSet, observed, settings } = view
  const service = blueGreen.previewService === undefined ? undefined : observed.services.get(blueGreen.previewService)
  const led =
    (router === 'edge' ? entryHash(view, blueGreen.previewService) : undefined) ?? (service === undefined ? undefined : selectedHash(service))
  const current = led === undefined ? undefined : setOf(view, led)
  // A version that was given up may be looked at for as long as it has pods.
  const hasLeft = progress.kind === 'aborted' && newSet !== undefined && isDue(view, newSet)
  if (newSet !== undefined && !settings.isPaused && !hasLeft && (current === newSet || canAnswer(pass, newSet))) return newSet
  return hasLeft || current === undefined || (current.size === 0 && current.available === 0) ? active : current
}

function canAnswer({ view: { edges, settings }, router }: BlueGreenPass, { hash, available }: VersionSet): boolean {
  if (settings.replicas === 0) return true
  return available > 0 && (router === 'pods' || edges.speaking.every((edge) => readyAt([edge], hash) > 0))
}

function isDue({ now }: View, { size, deadline }: VersionSet): boolean {
  return size === 0 || (deadline !== undefined && deadline <= now)
}

/** Every version with pods is a backend, so that edges see its pods before any request goes there. */
export function blueGreenSplit(pass: BlueGreenPass, { active, preview }: Targets, growing: ReadonlySet<VersionSet>): SplitPlan {
  const { view, blueGreen, router } = pass
  if (router === 'pods') return { kind: 'none' }
  if (active === undefined) return { kind: 'kept' }
  // A Service that serves already goes on so until there is somebody to lead to.
  if (view.observed.split === undefined && active.ready === 0 && view.settings.replicas > 0) return { kind: 'kept' }
  const entry = (name: string, role: SplitRole, { hash }: VersionSet): SplitService => ({
    name,
    role,
    weights: [{ podTemplateHash: hash, weight: total }],
  })
  const isLive = (set: VersionSet): boolean =>
    set === active || set === preview || set.size > 0 || set.present > 0 || growing.has(set) || inFlightAt(view.edges.needed, set.hash) > 0
  // In an order that only a new version changes: each change of the split is one that every edge must follow.
  const ordered = [active, view.newSet, ...view.sets.toSorted((a, b) => b.revision - a.revision)].filter((set) => set !== undefined)
  return {
    kind: 'wanted',
    spec: {
      totalWeight: total,
      backends: [...new Set(ordered)].filter(isLive).map((set) => ({
        podTemplateHash: set.hash,
        role: set === active ? 'active' : set === preview || set === view.newSet ? 'preview' : 'old',
        service: backendServiceName(view.rollout, set.hash),
      })),
      services: [
        entry(blueGreen.activeService, 'active', active),
        ...(blueGreen.previewService === undefined ? [] : [entry(blueGreen.previewService, 'preview', preview ?? active)]),
      ],
    },
  }
}

/** For clients that go round the edges: preview first; the active Service once the edges serve by the switch, at an abort at once. */
export function blueGreenSelectors(pass: BlueGreenPass, progress: BlueGreenProgress, targets: Targets): ReadonlyMap<string, string> {
  const { view, blueGreen } = pass
  const selectors = new Map<string, string>()
  const point = (name: string | undefined, set: VersionSet | undefined): void => {
    const service = name === undefined ? undefined : view.observed.services.get(name)
    if (service === undefined || set === undefined || selectedHash(service) === set.hash) return
    if (canSelect(view, service, set)) selectors.set(service.metadata.name, set.hash)
  }
  point(blueGreen.previewService, targets.preview)
  if (mayFollow(pass, progress, targets.active)) point(blueGreen.activeService, targets.active)
  return selectors
}

function mayFollow({ view, blueGreen, router }: BlueGreenPass, { kind }: BlueGreenProgress, active: VersionSet | undefined): boolean {
  const { edges, observed } = view
  if (router === 'pods' || kind === 'aborted') return true
  if (observed.split === undefined || entryHash(view, blueGreen.activeService) !== active?.hash) return false
  return edges.isAcknowledged || edges.needed.length === 0 || (kind === 'promotingFully' && edges.isAcknowledgedBySpeaking)
}
