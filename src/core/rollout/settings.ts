/** What the spec says, with what it leaves out: defaults filled in, durations in milliseconds. Nonsense becomes the default: it was refused before. */
import type { BlueGreenStrategy, CanaryStep, CanaryStrategy, Rollout, TrafficRouting } from '../../api/rollout.ts'
import type { SurgeSpec } from './surge.ts'

export type Settings = {
  readonly replicas: number
  readonly minReadySeconds: number
  readonly revisionHistoryLimit: number
  /** By hand: no step ends, nothing is promoted. */
  readonly isPaused: boolean
  readonly progressDeadlineMs: number
  readonly abortsOnDeadline: boolean
  readonly strategy: CanarySettings | BlueGreenSettings
}

type DelaySettings = {
  readonly scaleDownDelayMs: number
  /** How many sets may wait for their end at a time; undefined: any number. */
  readonly scaleDownDelayRevisionLimit: number | undefined
  /** Undefined: an aborted version keeps its pods. */
  readonly abortScaleDownDelayMs: number | undefined
  readonly surge: SurgeSpec
}

export type CanarySettings = DelaySettings & {
  readonly kind: 'canary'
  readonly spec: CanaryStrategy
  readonly steps: readonly CanaryStep[]
  readonly stableService: string | undefined
  readonly canaryService: string | undefined
  readonly trafficRouting: TrafficRouting | undefined
  /** The whole that weights are parts of. */
  readonly totalWeight: number
}

export type BlueGreenSettings = DelaySettings & {
  readonly kind: 'blueGreen'
  readonly spec: BlueGreenStrategy
  readonly activeService: string
  readonly previewService: string | undefined
}

const defaultDelaySeconds = 30
const defaultTotalWeight = 100

export function settingsOf({ spec }: Rollout): Settings {
  return {
    replicas: countIn(spec.replicas, 1),
    minReadySeconds: countIn(spec.minReadySeconds, 0),
    revisionHistoryLimit: countIn(spec.revisionHistoryLimit, 10),
    isPaused: spec.paused === true,
    progressDeadlineMs: 1000 * countIn(spec.progressDeadlineSeconds, 600),
    abortsOnDeadline: spec.progressDeadlineAbort === true,
    strategy: spec.strategy?.blueGreen ? blueGreenOf(spec.strategy.blueGreen) : canaryOf(spec.strategy?.canary ?? {}),
  }
}

function canaryOf(spec: CanaryStrategy): CanarySettings {
  return {
    kind: 'canary',
    spec,
    steps: Array.isArray(spec.steps) ? spec.steps.map((step) => step ?? {}) : [],
    stableService: spec.stableService || undefined,
    canaryService: spec.canaryService || undefined,
    trafficRouting: spec.trafficRouting ?? undefined,
    totalWeight: countIn(spec.trafficRouting?.maxTrafficWeight, defaultTotalWeight) || defaultTotalWeight,
    ...delaysOf(spec),
  }
}

function blueGreenOf(spec: BlueGreenStrategy): BlueGreenSettings {
  return { kind: 'blueGreen', spec, activeService: spec.activeService ?? '', previewService: spec.previewService || undefined, ...delaysOf(spec) }
}

type Delays = Pick<
  CanaryStrategy,
  'scaleDownDelaySeconds' | 'scaleDownDelayRevisionLimit' | 'abortScaleDownDelaySeconds' | 'maxSurge' | 'maxUnavailable'
>

function delaysOf(spec: Delays): DelaySettings {
  const { maxSurge, maxUnavailable } = spec
  const abortSeconds = countIn(spec.abortScaleDownDelaySeconds, defaultDelaySeconds)
  return {
    scaleDownDelayMs: 1000 * countIn(spec.scaleDownDelaySeconds, defaultDelaySeconds),
    scaleDownDelayRevisionLimit: spec.scaleDownDelayRevisionLimit ?? undefined,
    abortScaleDownDelayMs: abortSeconds === 0 ? undefined : 1000 * abortSeconds,
    surge: { ...(maxSurge != null && { maxSurge }), ...(maxUnavailable != null && { maxUnavailable }) },
  }
}

function countIn(value: number | null | undefined, otherwise: number): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise
}
