/** A blue-green pass: how far it is, what world that wants, and whether it gets further. */
import { msOf, timestampOf } from '../../api/time.ts'
import { type BlueGreenPass, type BlueGreenProgress, blueGreenProgressOf, isSaturated, isSwitched } from './blueGreenProgress.ts'
import { blueGreenSizes, previewSize } from './blueGreenSizes.ts'
import { blueGreenStatus } from './blueGreenStatus.ts'
import { blueGreenSelectors, blueGreenSplit, type Targets, targetsOf } from './blueGreenTraffic.ts'
import type { Instant } from './observed.ts'
import type { Pause } from './parse.ts'
import { earliest, type Plan } from './plan.ts'
import type { Router } from './router.ts'
import type { BlueGreenSettings } from './settings.ts'
import type { StrategyDecision } from './strategyDecision.ts'
import type { View } from './view.ts'
import type { Waiting } from './waiting.ts'

export function decideBlueGreen(view: View, blueGreen: BlueGreenSettings, router: Router): StrategyDecision {
  const pass: BlueGreenPass = { view, blueGreen, router }
  const wished = blueGreenProgressOf(pass)
  const isLate = view.deadline.kind === 'exceeded' && view.settings.abortsOnDeadline && isUnderWay(wished)
  const { progress, waits, wakeAt } = isLate ? further(pass, { kind: 'aborted', since: view.now }) : further(pass, wished)
  const targets = targetsOf(pass, progress)
  const sized = blueGreenSizes(pass, progress, targets)
  const plan = planOf(pass, { progress, targets, sized })
  const isPromoted = waits.length === 0 && isDone(pass, progress)
  const status: StrategyDecision['status'] = isPromoted
    ? { ...blueGreenStatus(pass, { kind: 'settled' }), stableRS: view.hash }
    : blueGreenStatus(pass, progress)
  return {
    plan,
    status,
    waits: isPromoted ? [] : [...waits, ...targets.waits, ...sized.waits],
    wakeAt: earliest(wakeAt, plan.wakeAt),
    abortedBecause: isLate ? `no progress within ${view.settings.progressDeadlineMs / 1000} s` : undefined,
  }
}

function isUnderWay({ kind }: BlueGreenProgress): boolean {
  return kind === 'previewing' || kind === 'switched' || kind === 'promotingFully'
}

type Planned = {
  readonly progress: BlueGreenProgress
  readonly targets: Targets
  readonly sized: Pick<Plan, 'sizes' | 'deadlines' | 'waits' | 'wakeAt'>
}

function planOf(pass: BlueGreenPass, { progress, targets, sized }: Planned): Plan {
  const growing = new Set([...sized.sizes].filter(([set, size]) => size > set.size).map(([set]) => set))
  return { ...sized, selectors: blueGreenSelectors(pass, progress, targets), split: blueGreenSplit(pass, targets, growing) }
}

/** Whether the new version becomes the stable one: the first as soon as it has its size, others when users are on it. */
function isDone(pass: BlueGreenPass, progress: BlueGreenProgress): boolean {
  const { view } = pass
  switch (progress.kind) {
    case 'initial':
      return view.newSet !== undefined && view.newSet.size === view.settings.replicas
    case 'promotingFully':
      return isSwitched(pass)
    case 'switched':
      return progress.pause.kind !== 'paused'
    case 'previewing':
    case 'settled':
    case 'aborted':
      return false
  }
}

type Further = { readonly progress: BlueGreenProgress; readonly waits: readonly Waiting[]; readonly wakeAt: Instant | undefined }

/** Where the update stands now: pauses begin and end here. */
function further(pass: BlueGreenPass, progress: BlueGreenProgress): Further {
  switch (progress.kind) {
    case 'previewing':
      return previewed(pass, progress)
    case 'switched': {
      const { view, blueGreen } = pass
      if (!blueGreen.spec.postPromotionAnalysis || progress.pause.kind === 'resumed') {
        return view.settings.isPaused ? stays(progress, { kind: 'user' }) : stays({ ...progress, pause: { kind: 'resumed' } })
      }
      return stays({ ...progress, pause: pausedSince(progress.pause, view.now) }, { kind: 'unsupported', what: 'the analysis after the promotion' })
    }
    default:
      return stays(progress)
  }
}

function stays(progress: BlueGreenProgress, ...waits: readonly Waiting[]): Further {
  return { progress, waits, wakeAt: undefined }
}

function previewed(pass: BlueGreenPass, progress: BlueGreenProgress & { readonly kind: 'previewing' }): Further {
  const { view, blueGreen } = pass
  const { newSet, settings, now } = view
  if (progress.isApproved) return stays(progress)
  if (settings.isPaused) return stays(progress, { kind: 'user' })
  const needed = previewSize(pass)
  const isReady =
    newSet !== undefined && (needed === settings.replicas ? isSaturated(view, newSet) : newSet.size === needed && newSet.available >= needed)
  const approved: BlueGreenProgress = { ...progress, pause: { kind: 'resumed' }, isApproved: true }
  const isHeld = Boolean(blueGreen.spec.prePromotionAnalysis)
  const lengthMs = blueGreen.spec.autoPromotionEnabled === false ? undefined : 1000 * (blueGreen.spec.autoPromotionSeconds ?? 0)
  const needsLeave = isHeld || lengthMs !== 0
  if (progress.pause.kind !== 'paused' && !isReady)
    return stays(progress, { kind: 'pods', hash: view.hash, available: newSet?.available ?? 0, needed })
  // Asked anew in each pass, since nobody has given it.
  if (!needsLeave && isReady && !isInconclusive(progress.pause)) return stays({ ...progress, pause: { kind: 'none' }, isApproved: true })
  const pause = pausedSince(progress.pause, now)
  const since = msOf(pause.conditions.find(({ reason }) => reason === 'BlueGreenPause')?.startTime)
  const until = isHeld || lengthMs === undefined || since === undefined ? undefined : since + lengthMs
  if (until !== undefined && until <= now && isReady && !isInconclusive(pause)) return stays(approved)
  const wait: Waiting = isHeld ? { kind: 'unsupported', what: 'the analysis before the promotion' } : { kind: until === undefined ? 'user' : 'time' }
  return { progress: { ...progress, pause }, waits: [wait], wakeAt: until }
}

/** By an analysis of another controller: only a user ends that. */
function isInconclusive(pause: Pause): boolean {
  return pause.kind === 'paused' && pause.conditions.some(({ reason }) => reason !== 'BlueGreenPause')
}

function pausedSince(pause: Pause, now: Instant): Pause & { readonly kind: 'paused' } {
  return pause.kind === 'paused' ? pause : { kind: 'paused', conditions: [{ reason: 'BlueGreenPause', startTime: timestampOf(now) }] }
}
