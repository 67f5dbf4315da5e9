/** What the view shows of a release: (what was seen, what the load counted) → figures per version, steps, and where it stands. Pure. */
import type { Pod } from '../api/pod.ts'
import type { CanaryStep, RolloutPhase } from '../api/rollout.ts'
import { podTemplateHashLabel } from '../api/rolloutLabels.ts'
import { msOf } from '../api/time.ts'
import type { Seen } from './cluster.ts'
import type { Records, Second, VersionFigures } from './records.ts'

export type PodMark = 'ready' | 'starting' | 'ending' | 'failing'

export type VersionShown = {
  readonly name: string
  readonly role: 'stable' | 'canary' | 'old'
  /** From 0 to 1. */
  readonly wantedShare: number
  readonly figures: VersionFigures
  readonly history: readonly Second[]
  readonly pods: readonly PodMark[]
}

export type StepShown = { readonly text: string; readonly state: 'done' | 'now' | 'next' }

export type Shown = {
  readonly url: string | undefined
  readonly elapsedSeconds: number
  readonly sent: number
  readonly failed: number
  readonly phase: RolloutPhase | undefined
  readonly message: string
  readonly steps: readonly StepShown[]
  /** Of a pause that ends by itself. */
  readonly secondsLeft: number | undefined
  readonly edges: { readonly all: number; readonly acknowledged: number } | undefined
  readonly versions: readonly VersionShown[]
  /** Answers that came from no version. */
  readonly unanswered: VersionFigures
  readonly notice: { readonly kind: 'info' | 'problem'; readonly text: string } | undefined
}

export type Counted = {
  readonly records: Records
  /** Of `performance.now()`: the load's start, this moment, and since when the weights are what they are. */
  readonly startedAt: number
  readonly now: number
  readonly weightsSince: number
  /** Of the wall clock, at `now`. */
  readonly wallMs: number
}

/** Figures look back so far, but never beyond the last change of weights: a mean over both sides of it would be true of neither. */
const windowMs = 10_000
const historySeconds = 60

export function shownOf(seen: Seen, counted: Counted, notice: Shown['notice']): Shown {
  const { rollout, split, url } = seen
  const { records, startedAt, now, weightsSince } = counted
  const { sent, failed } = records.totals()
  const { status, spec } = rollout ?? {}
  const steps = spec?.strategy?.canary?.steps ?? []
  const index = status?.currentStepIndex ?? undefined
  return {
    url,
    elapsedSeconds: Math.floor((now - startedAt) / 1_000),
    sent,
    failed,
    phase: status?.phase,
    message: status?.message ?? '',
    steps: isReleasing(seen) ? steps.map((step, at) => ({ text: textOf(step), state: stateOf(at, index) })) : [],
    secondsLeft: secondsLeft(seen, counted.wallMs),
    edges: split?.status?.edges === undefined ? undefined : { all: split.status.edges, acknowledged: split.status.acknowledged ?? 0 },
    versions: versionsOf(seen, counted),
    unanswered: records.figures('', Math.max(weightsSince, now - windowMs), now),
    notice,
  }
}

/** Whether a version is on its way that is not the stable one. */
export function isReleasing({ rollout }: Seen): boolean {
  const { stableRS, currentPodHash } = rollout?.status ?? {}
  return stableRS !== undefined && currentPodHash !== undefined && stableRS !== currentPodHash
}

function stateOf(at: number, index: number | undefined): StepShown['state'] {
  if (index === undefined || at > index) return 'next'
  return at < index ? 'done' : 'now'
}

function textOf({ setWeight, pause }: CanaryStep): string {
  if (setWeight !== undefined) return `${setWeight} %`
  return pause?.duration === undefined ? 'pause' : `${pause.duration} s`
}

function secondsLeft({ rollout }: Seen, wallMs: number): number | undefined {
  const { status, spec } = rollout ?? {}
  const step = spec?.strategy?.canary?.steps?.[status?.currentStepIndex ?? -1]
  const startedMs = msOf(status?.pauseConditions?.[0]?.startTime)
  const duration = Number(step?.pause?.duration)
  if (startedMs === undefined || Number.isNaN(duration)) return undefined
  return Math.max(0, Math.ceil(duration - (wallMs - startedMs) / 1_000))
}

function versionsOf({ rollout, split, pods }: Seen, { records, now, startedAt, weightsSince }: Counted): readonly VersionShown[] {
  const { stableRS, currentPodHash } = rollout?.status ?? {}
  const [entry] = split?.spec.services ?? []
  const total = split?.spec.totalWeight ?? 100
  const from = Math.max(weightsSince, now - windowMs)
  // Whole seconds since the start: with a sliding grid every frame would draw the past anew.
  const lastWholeSecond = startedAt + Math.floor((now - startedAt) / 1_000) * 1_000
  return [...podsByHash(pods)]
    .map(([hash, own]): VersionShown => {
      const name = versionOf(own[0]!)
      const role = hash === stableRS ? 'stable' : hash === currentPodHash ? 'canary' : 'old'
      const weight =
        entry === undefined ? (role === 'stable' ? total : 0) : (entry.weights.find((each) => each.podTemplateHash === hash)?.weight ?? 0)
      return {
        name,
        role,
        wantedShare: weight / total,
        figures: records.figures(name, from, now),
        history: records.history(name, historySeconds, lastWholeSecond),
        pods: own.map(markOf).sort(),
      }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function podsByHash(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const by = new Map<string, Pod[]>()
  for (const pod of pods) {
    const hash = pod.metadata.labels?.[podTemplateHashLabel]
    if (hash !== undefined) by.set(hash, [...(by.get(hash) ?? []), pod])
  }
  return by
}

/** By the tag of its image. */
function versionOf({ spec }: Pod): string {
  return (spec?.containers[0]?.image ?? '').replace(/^.*:/, '')
}

function markOf({ metadata, status }: Pod): PodMark {
  if (metadata.deletionTimestamp !== undefined) return 'ending'
  if (status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')) return 'ready'
  return status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff') ? 'failing' : 'starting'
}
