/** The wire status, read as where a canary's update stands. Argo's flags exist only here and in render. */
import type { PauseCondition } from '../../api/rollout.ts'
import { msOf } from '../../api/time.ts'
import type { Instant } from './observed.ts'
import type { CanarySettings } from './settings.ts'
import { hashOfSteps } from './templateHash.ts'
import type { View } from './view.ts'

export type Progress =
  /** No version is stable yet: the first goes straight to its full size. */
  | { readonly kind: 'initial' }
  /** The template as it is was promoted, or is the stable one again. */
  | { readonly kind: 'settled' }
  /** Past the last step it waits to be promoted. */
  | { readonly kind: 'stepping'; readonly stepIndex: number; readonly pause: Pause }
  /** A user wants it promoted, without the steps that are left. */
  | { readonly kind: 'promotingFully' }
  | { readonly kind: 'aborted'; readonly since: Instant }

export type Pause =
  | { readonly kind: 'none' }
  | { readonly kind: 'paused'; readonly conditions: readonly PauseCondition[] }
  /** A user ended it, and nothing has followed from that yet. */
  | { readonly kind: 'resumed' }

export function progressOf(view: View, { steps }: CanarySettings): Progress {
  const { status, now } = view
  if (view.isInitial) return { kind: 'initial' }
  if (view.isSettled) return { kind: 'settled' }
  if (view.isNewTemplate || status.currentStepHash !== hashOfSteps(steps)) return { kind: 'stepping', stepIndex: 0, pause: { kind: 'none' } }
  // An abort that was answered came before the wish to promote in full; one that was not came after it.
  const isAnswered = msOf(status.abortedAt) !== undefined
  if (status.promoteFull === true && (status.abort !== true || isAnswered)) return { kind: 'promotingFully' }
  if (status.abort === true) return { kind: 'aborted', since: msOf(status.abortedAt) ?? now }
  // What is left of an abort that a user took back: from the first step again.
  if (isAnswered) return { kind: 'stepping', stepIndex: 0, pause: { kind: 'none' } }
  return { kind: 'stepping', stepIndex: indexIn(status.currentStepIndex, steps.length), pause: pauseOf(view) }
}

function indexIn(index: number | null | undefined, length: number): number {
  return typeof index === 'number' && index > 0 ? Math.min(Math.floor(index), length) : 0
}

export function pauseOf({ status }: View): Pause {
  const conditions = status.pauseConditions ?? []
  if (conditions.length > 0) return { kind: 'paused', conditions }
  return status.controllerPause === true ? { kind: 'resumed' } : { kind: 'none' }
}
