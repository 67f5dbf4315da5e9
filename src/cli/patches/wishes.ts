/** Wishes that say the same whatever is there. */
import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import type { AnalysisRun, Experiment } from '../cluster/family.ts'
import { type MergeBody, type Wish, writes } from './plan.ts'

export const abort: Wish<Rollout> = (now, first) =>
  now !== first && now.status?.abort === true ? writes() : writes({ subresource: 'status', body: { status: { abort: true } } })

/** Guarded: a rollout that was aborted anew meanwhile stays so. */
export const retry: Wish<Rollout> = (now, first) =>
  now !== first && (now.status?.abort ?? false) === false
    ? writes()
    : writes({ subresource: 'status', body: { status: { abort: false } }, isGuarded: true })

/** Its status is part of the object: it begins anew without one. Guarded: what it has begun since is not thrown away. */
export const retryExperiment: Wish<Experiment> = (now, first) =>
  now !== first && startedAt(now) !== startedAt(first) ? writes() : writes({ body: { status: null }, isGuarded: true })

export const pause: Wish<Rollout> = (now, first) => onSpec(now !== first && now.spec.paused === true, { paused: true })

export const terminate: Wish<AnalysisRun | Experiment> = () => onSpec(false, { terminate: true })

/** `at`: RFC 3339, in whole seconds. */
export function restart(at: string): Wish<Rollout> {
  return (now, first) => onSpec(now !== first && now.spec.restartAt === at, { restartAt: at })
}

function onSpec(isDone: boolean, spec: MergeBody): ReturnType<Wish<KubeObject>> {
  return isDone ? writes() : writes({ body: { spec } })
}

function startedAt({ status }: Experiment): string {
  return JSON.stringify(status ?? null)
}
