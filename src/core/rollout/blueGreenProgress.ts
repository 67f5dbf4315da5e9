/** The wire status, read as where a blue-green update stands. */
import { msOf } from '../../api/time.ts'
import { isInTraffic } from './edges.ts'
import type { Instant } from './observed.ts'
import { type Pause, pauseOf } from './parse.ts'
import { desiredReplicasIn } from './pausedSize.ts'
import type { Router } from './router.ts'
import { selectedHash } from './selectors.ts'
import type { BlueGreenSettings } from './settings.ts'
import { setOf, type VersionSet, type View } from './view.ts'

export type BlueGreenProgress =
  /** No version is stable yet: the first goes straight to its full size. */
  | { readonly kind: 'initial' }
  /** The template as it is was promoted, or is the stable one again. */
  | { readonly kind: 'settled' }
  /** Until the switch. Approved: it needs nobody's leave any more, nor to stay as small as a preview. */
  | { readonly kind: 'previewing'; readonly pause: Pause; readonly isApproved: boolean }
  /** Users are on the new version, which is not the stable one yet. */
  | { readonly kind: 'switched'; readonly pause: Pause }
  /** A user wants it promoted, whatever it would wait for. */
  | { readonly kind: 'promotingFully' }
  | { readonly kind: 'aborted'; readonly since: Instant }

export type BlueGreenPass = { readonly view: View; readonly blueGreen: BlueGreenSettings; readonly router: Router }

export function blueGreenProgressOf(pass: BlueGreenPass): BlueGreenProgress {
  const { view } = pass
  const { status, now } = view
  if (view.isInitial) return { kind: 'initial' }
  if (view.isSettled) return { kind: 'settled' }
  if (view.isNewTemplate) {
    // As if somebody had given it: that is what is remembered.
    return needsNoLeave(pass)
      ? { kind: 'previewing', pause: { kind: 'resumed' }, isApproved: true }
      : { kind: 'previewing', pause: { kind: 'none' }, isApproved: false }
  }
  // An abort that was answered came before the wish to promote in full; one that was not came after it.
  const isAnswered = msOf(status.abortedAt) !== undefined
  if (status.promoteFull === true && (status.abort !== true || isAnswered)) return { kind: 'promotingFully' }
  if (status.abort === true) return { kind: 'aborted', since: msOf(status.abortedAt) ?? now }
  // What is left of an abort that a user took back: from the beginning.
  if (isAnswered) return { kind: 'previewing', pause: { kind: 'none' }, isApproved: activeSet(pass) === undefined }
  const wasSwitched = status.blueGreen?.activeSelector === view.hash
  if (isSwitched(pass)) return { kind: 'switched', pause: wasSwitched ? pauseOf(view) : { kind: 'none' } }
  const pause = pauseOf(view)
  const isApproved = pause.kind === 'resumed' || status.blueGreen?.scaleUpPreviewCheckPoint === true || activeSet(pass) === undefined
  return { kind: 'previewing', pause, isApproved }
}

/** Nobody is served by this Rollout yet, or the version is one that was, and still is there. */
function needsNoLeave(pass: BlueGreenPass): boolean {
  const { newSet, now, stableSet, settings } = pass.view
  if (activeSet(pass) === undefined) return true
  if (newSet === undefined || newSet.deadline === undefined || newSet.deadline <= now || newSet.size === 0) return false
  // An aborted version waits for its end too, but it was never left behind by the one that is stable.
  return newSet.revision > 0 && newSet.revision < (stableSet?.revision ?? 0) && newSet.available >= Math.min(settings.replicas, newSet.size)
}

/** Every pod that users will need is there. */
export function isSaturated({ settings }: View, set: VersionSet): boolean {
  const sizedFor = desiredReplicasIn(set)
  return set.size === settings.replicas && set.available >= settings.replicas && (sizedFor === undefined || sizedFor === settings.replicas)
}

/** The set that users reach by the active Service: as the edges part its requests, else as it selects. */
export function activeSet({ view, blueGreen, router }: BlueGreenPass): VersionSet | undefined {
  const service = view.observed.services.get(blueGreen.activeService)
  const selected = service === undefined ? undefined : selectedHash(service)
  const hash = (router === 'edge' ? entryHash(view, blueGreen.activeService) : undefined) ?? selected
  return hash === undefined ? undefined : setOf(view, hash)
}

/** Where the split as it is leads the requests for a Service. */
export function entryHash({ observed }: View, service: string | undefined): string | undefined {
  const entry = observed.split?.spec.services.find(({ name }) => name === service)
  return entry?.weights.find(({ weight }) => weight > 0)?.podTemplateHash
}

/** Users are on the new version, whichever way they come. */
export function isSwitched({ view, blueGreen, router }: BlueGreenPass): boolean {
  const service = view.observed.services.get(blueGreen.activeService)
  if (service === undefined || selectedHash(service) !== view.hash) return false
  if (router === 'pods' || view.observed.split === undefined) return true
  return entryHash(view, blueGreen.activeService) === view.hash && isInTraffic(view.observed.split, view.hash) && view.edges.isAcknowledgedBySpeaking
}
