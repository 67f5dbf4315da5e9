/** How far a canary gets in one pass: a step ends when the world that it wants is observed, and never more than one at a time. */

import { parsePauseDuration } from '../../api/duration.ts'
import type { CanaryStep } from '../../api/rollout.ts'
import { msOf, timestampOf } from '../../api/time.ts'
import type { CanaryPass } from './canaryPass.ts'
import type { CanaryPlan } from './canaryPlan.ts'
import type { Instant } from './observed.ts'
import type { Progress } from './parse.ts'
import { podTarget } from './podSizes.ts'
import type { Router } from './router.ts'
import { routesAt } from './steps.ts'
import { edgesGate, observedWeights } from './traffic.ts'
import type { VersionSet, View } from './view.ts'
import type { Waiting } from './waiting.ts'

export type Advance =
  /** As before, for these reasons. */
  | { readonly kind: 'stays'; readonly progress: Progress; readonly waits: readonly Waiting[]; readonly wakeAt?: Instant | undefined }
  /** One step further. */
  | { readonly kind: 'advances'; readonly progress: Progress }
  /** The version wanted becomes the stable one. Its Services and the old pods follow once that is written. */
  | { readonly kind: 'promotes' }

export type Reached = { readonly pass: CanaryPass; readonly plan: CanaryPlan; readonly router: Router }

export function advance(reached: Reached): Advance {
  const { pass, plan } = reached
  const { progress, view, canary } = pass
  switch (progress.kind) {
    case 'initial':
      return isSized(view.newSet, view) ? { kind: 'promotes' } : { kind: 'stays', progress, waits: [] }
    case 'settled':
      return { kind: 'stays', progress, waits: [...plan.waits, ...(reached.router === 'edge' ? acknowledgementWaits(pass) : [])] }
    case 'aborted':
      return { kind: 'stays', progress, waits: plan.waits }
    case 'promotingFully': {
      const waits = promotionWaits(reached, true)
      return waits.length === 0 ? { kind: 'promotes' } : { kind: 'stays', progress, waits }
    }
    case 'stepping': {
      const step = canary.steps[progress.stepIndex]
      if (step !== undefined) return alongStep(reached, progress, step)
      const waits = view.settings.isPaused ? [{ kind: 'user' } as const] : promotionWaits(reached, false)
      return waits.length === 0 ? { kind: 'promotes' } : { kind: 'stays', progress, waits }
    }
  }
}

function isSized(set: VersionSet | undefined, { settings }: View): boolean {
  return set !== undefined && set.size === settings.replicas
}

type Stepping = Progress & { readonly kind: 'stepping' }

function alongStep(reached: Reached, progress: Stepping, step: CanaryStep): Advance {
  const { view, canary } = reached.pass
  if (view.settings.isPaused) return { kind: 'stays', progress, waits: [{ kind: 'user' }] }
  if (step.pause) return alongPause(progress, step.pause.duration, view.now)
  // What a user ended was a pause of a step that has been edited since, or an analysis': go on from here.
  const waits = stepWaits(reached, step, progress.stepIndex)
  if (canary.spec.analysis && progress.stepIndex === startingStep(canary.spec.analysis))
    waits.push({ kind: 'unsupported', what: 'background analysis' })
  if (waits.length > 0) return { kind: 'stays', progress, waits }
  return { kind: 'advances', progress: { kind: 'stepping', stepIndex: progress.stepIndex + 1, pause: { kind: 'none' } } }
}

function startingStep(analysis: unknown): number {
  const value = typeof analysis === 'object' && analysis !== null && 'startingStep' in analysis ? analysis.startingStep : 0
  return typeof value === 'number' ? value : 0
}

function alongPause(progress: Stepping, duration: number | string | undefined, now: Instant): Advance {
  const next: Advance = { kind: 'advances', progress: { kind: 'stepping', stepIndex: progress.stepIndex + 1, pause: { kind: 'none' } } }
  const parsed = duration === undefined || duration === null ? undefined : parsePauseDuration(duration)
  const lengthMs = parsed?.ok ? parsed.ms : undefined
  switch (progress.pause.kind) {
    case 'resumed':
      return next
    case 'none': {
      const conditions = [{ reason: 'CanaryPauseStep' as const, startTime: timestampOf(now) }]
      return paused({ ...progress, pause: { kind: 'paused', conditions } }, lengthMs === undefined ? undefined : now + lengthMs)
    }
    case 'paused': {
      const started = msOf(progress.pause.conditions.find(({ reason }) => reason === 'CanaryPauseStep')?.startTime)
      const endsAt = lengthMs === undefined ? undefined : (started ?? now) + lengthMs
      return endsAt !== undefined && now >= endsAt ? next : paused(progress, endsAt)
    }
  }
}

function paused(progress: Stepping, endsAt: Instant | undefined): Advance {
  return { kind: 'stays', progress, waits: [{ kind: endsAt === undefined ? 'user' : 'time' }], wakeAt: endsAt }
}

/** What is not yet as the step wants it. */
function stepWaits(reached: Reached, step: CanaryStep, stepIndex: number): Waiting[] {
  if (step.analysis) return [{ kind: 'unsupported', what: 'an analysis step' }]
  if (step.experiment) return [{ kind: 'unsupported', what: 'an experiment step' }]
  if (step.plugin) return [{ kind: 'unsupported', what: `plugin step ${step.plugin.name ?? ''}`.trim() }]
  if (step.setCanaryScale) return sizeWaits(reached)
  if (step.setHeaderRoute || step.setMirrorRoute) return reached.router === 'edge' ? [...sizeWaits(reached), ...routeWaits(reached, stepIndex)] : []
  return [...sizeWaits(reached), ...trafficWaits(reached)]
}

/** Pods as the plan has them, seen to be there. */
function sizeWaits({ pass, plan, router }: Reached): Waiting[] {
  const { view } = pass
  const { newSet, stableSet } = view
  // Without edges the plan goes there in small moves.
  const target = router === 'pods' ? podTarget(pass) : undefined
  if (newSet === undefined) return [{ kind: 'pods', hash: view.hash, available: 0, needed: 1 }]
  const canary = target?.canary ?? plan.sizes.get(newSet) ?? newSet.size
  if (newSet.available < canary || newSet.size < canary) return [{ kind: 'pods', hash: newSet.hash, available: newSet.available, needed: canary }]
  if (stableSet !== undefined) {
    const stable = target?.stable ?? plan.sizes.get(stableSet) ?? stableSet.size
    if (stableSet.size !== stable || stableSet.present < stable)
      return [{ kind: 'pods', hash: stableSet.hash, available: stableSet.available, needed: stable }]
    if (stableSet.present > stable) return [{ kind: 'oldPods', count: stableSet.present - stable }]
  }
  const old = view.olderSets.reduce((sum, { available }) => sum + available, 0)
  return router === 'pods' && old > 0 ? [{ kind: 'oldPods', count: old }] : []
}

/** Weights as they were aimed at, and every edge serving by them. */
function trafficWaits(reached: Reached): Waiting[] {
  const { pass, plan, router } = reached
  if (router === 'pods' || plan.traffic === undefined) return []
  const { view } = pass
  const weight = observedWeights(pass).get(view.hash) ?? 0
  if (plan.traffic.waits.length > 0) return [...plan.traffic.waits]
  if (weight !== plan.traffic.canaryTarget) return [{ kind: 'traffic', weight, wanted: plan.traffic.canaryTarget }]
  return acknowledgementWaits(pass)
}

function acknowledgementWaits(pass: CanaryPass): Waiting[] {
  const wait = edgesGate(pass)
  if (wait !== undefined) return [wait]
  const { behind, isAcknowledged } = pass.view.edges
  return isAcknowledged ? [] : [{ kind: 'edgesBehind', edges: behind.map(({ name }) => name) }]
}

function routeWaits({ pass, plan }: Reached, stepIndex: number): Waiting[] {
  const { view, canary } = pass
  const wanted = routesAt(canary, stepIndex)
  const service = view.observed.split?.spec.services[0]
  const has = (routes: readonly { readonly name: string }[] = [], wishes: readonly { readonly name: string }[]): boolean =>
    routes.map(({ name }) => name).join() === wishes.map(({ name }) => name).join()
  if (plan.traffic !== undefined && plan.traffic.waits.length > 0) return [...plan.traffic.waits]
  if (!has(service?.routes, wanted.routes) || !has(service?.mirrors, wanted.mirrors)) {
    const wait = edgesGate(pass)
    return [wait ?? { kind: 'endpoints', hash: view.hash, edge: view.edges.needed[0]?.name ?? '', ready: 0, needed: 1 }]
  }
  return acknowledgementWaits(pass)
}

/** All pods there, and all traffic on them as far as edges can be asked. */
function promotionWaits(reached: Reached, isForced: boolean): Waiting[] {
  const { pass, router, plan } = reached
  const { view, canary } = pass
  const { newSet, settings, edges } = view
  if (newSet === undefined || newSet.available < settings.replicas || newSet.size < settings.replicas)
    return [{ kind: 'pods', hash: view.hash, available: newSet?.available ?? 0, needed: settings.replicas }]
  if (!isForced && canary.steps.length === 0 && canary.spec.analysis) return [{ kind: 'unsupported', what: 'background analysis' }]
  if (router === 'pods') return []
  if (!isForced) return trafficWaits(reached)
  const weight = observedWeights(pass).get(view.hash) ?? 0
  if (view.observed.split !== undefined && weight < canary.totalWeight)
    return plan.traffic !== undefined && plan.traffic.waits.length > 0
      ? [...plan.traffic.waits]
      : [{ kind: 'traffic', weight, wanted: canary.totalWeight }]
  return edges.isAcknowledgedBySpeaking ? [] : [{ kind: 'edgesBehind', edges: edges.behind.map(({ name }) => name) }]
}
