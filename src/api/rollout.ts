/** argoproj.io/v1alpha1 Rollout, as far as it is understood here; what is not stays in the object as it came. */
import type { Condition } from './condition.ts'
import type { KubeObject } from './meta.ts'
import type { PodTemplateSpec } from './pod.ts'
import type { LabelSelector } from './selector.ts'
import type { IntOrPercent } from './workloads.ts'

export type Rollout = KubeObject & { readonly spec: RolloutSpec; readonly status?: RolloutStatus }

export type RolloutSpec = {
  readonly replicas?: number
  readonly selector?: LabelSelector
  readonly template?: PodTemplateSpec
  readonly workloadRef?: unknown
  readonly minReadySeconds?: number
  readonly strategy?: { readonly canary?: CanaryStrategy; readonly blueGreen?: BlueGreenStrategy }
  readonly revisionHistoryLimit?: number
  readonly paused?: boolean
  readonly progressDeadlineSeconds?: number
  readonly progressDeadlineAbort?: boolean
  readonly restartAt?: string
  readonly rollbackWindow?: { readonly revisions?: number }
  readonly analysis?: { readonly successfulRunHistoryLimit?: number; readonly unsuccessfulRunHistoryLimit?: number }
}

export type CanaryStrategy = {
  readonly canaryService?: string
  readonly stableService?: string
  readonly steps?: readonly CanaryStep[]
  readonly trafficRouting?: TrafficRouting
  readonly maxSurge?: IntOrPercent
  readonly maxUnavailable?: IntOrPercent
  readonly analysis?: unknown
  readonly antiAffinity?: unknown
  readonly canaryMetadata?: unknown
  readonly stableMetadata?: unknown
  readonly scaleDownDelaySeconds?: number
  readonly scaleDownDelayRevisionLimit?: number
  readonly abortScaleDownDelaySeconds?: number
  readonly dynamicStableScale?: boolean
  readonly pingPong?: unknown
  readonly minPodsPerReplicaSet?: number
  readonly replicaProgressThreshold?: unknown
}

/** Exactly one of them is set. */
export type CanaryStep = {
  readonly setWeight?: number
  /** Absent duration: until somebody promotes. A number, or digits alone, are seconds; else Go's syntax. */
  readonly pause?: { readonly duration?: number | string }
  readonly setCanaryScale?: { readonly weight?: number; readonly replicas?: number; readonly matchTrafficWeight?: boolean }
  readonly setHeaderRoute?: { readonly name: string; readonly match?: readonly HeaderRouteMatch[] }
  readonly setMirrorRoute?: { readonly name: string; readonly match?: readonly MirrorRouteMatch[]; readonly percentage?: number }
  readonly analysis?: unknown
  readonly experiment?: unknown
  readonly plugin?: { readonly name?: string; readonly config?: unknown }
}

/** Exactly one of them is set; `regex` is RE2. */
export type StringMatch = { readonly exact?: string; readonly prefix?: string; readonly regex?: string }
export type HeaderRouteMatch = { readonly headerName: string; readonly headerValue: StringMatch }
export type MirrorRouteMatch = {
  readonly method?: StringMatch
  readonly path?: StringMatch
  readonly headers?: Readonly<Record<string, StringMatch>>
}

export type TrafficRouting = {
  readonly managedRoutes?: readonly { readonly name: string }[]
  readonly maxTrafficWeight?: number
  /** Ours is `spillway/edge`. */
  readonly plugins?: Readonly<Record<string, unknown>>
  readonly istio?: unknown
  readonly nginx?: unknown
  readonly alb?: unknown
  readonly smi?: unknown
  readonly ambassador?: unknown
  readonly appMesh?: unknown
  readonly traefik?: unknown
  readonly apisix?: unknown
}

export type BlueGreenStrategy = {
  readonly activeService: string
  readonly previewService?: string
  readonly previewReplicaCount?: number
  readonly autoPromotionEnabled?: boolean
  readonly autoPromotionSeconds?: number
  readonly maxUnavailable?: IntOrPercent
  readonly scaleDownDelaySeconds?: number
  readonly scaleDownDelayRevisionLimit?: number
  readonly abortScaleDownDelaySeconds?: number
  readonly prePromotionAnalysis?: unknown
  readonly postPromotionAnalysis?: unknown
  readonly antiAffinity?: unknown
  readonly activeMetadata?: unknown
  readonly previewMetadata?: unknown
}

export type RolloutPhase = 'Healthy' | 'Degraded' | 'Progressing' | 'Paused'

export type RolloutStatus = {
  readonly phase?: RolloutPhase
  readonly message?: string
  /** A decimal number, as text. */
  readonly observedGeneration?: string
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly HPAReplicas?: number
  /** `a=b,c=d` */
  readonly selector?: string
  readonly currentPodHash?: string
  readonly stableRS?: string
  readonly currentStepIndex?: number | null
  readonly currentStepHash?: string
  readonly collisionCount?: number | null
  readonly pauseConditions?: readonly PauseCondition[] | null
  readonly controllerPause?: boolean
  readonly abort?: boolean
  readonly abortedAt?: string | null
  readonly promoteFull?: boolean
  readonly restartedAt?: string
  readonly conditions?: readonly RolloutCondition[]
  readonly canary?: CanaryStatus
  readonly blueGreen?: BlueGreenStatus
  /** What upstream has no field for. */
  readonly spillway?: SpillwayStatus
}

export type PauseReason = 'CanaryPauseStep' | 'BlueGreenPause' | 'InconclusiveAnalysisRun' | 'InconclusiveExperiment'
export type PauseCondition = { readonly reason: PauseReason; readonly startTime: string }

export type RolloutConditionType = 'InvalidSpec' | 'Available' | 'Progressing' | 'Paused' | 'Healthy' | 'Completed' | 'ReplicaFailure'
export type RolloutCondition = Condition<RolloutConditionType> & { readonly lastUpdateTime?: string }

export type CanaryStatus = {
  readonly weights?: TrafficWeights | null
  readonly currentStepAnalysisRunStatus?: RunStatus | null
  readonly currentBackgroundAnalysisRunStatus?: RunStatus | null
  readonly currentExperiment?: string
}

/** As the edges have them: `verified` once every needed edge applied them. */
export type TrafficWeights = {
  readonly canary: WeightDestination
  readonly stable: WeightDestination
  readonly additional?: readonly WeightDestination[]
  readonly verified?: boolean
}
export type WeightDestination = { readonly weight: number; readonly serviceName?: string; readonly podTemplateHash?: string }
export type RunStatus = { readonly name: string; readonly status: string; readonly message?: string }

export type BlueGreenStatus = {
  readonly activeSelector?: string
  readonly previewSelector?: string
  readonly scaleUpPreviewCheckPoint?: boolean
  readonly prePromotionAnalysisRunStatus?: RunStatus | null
  readonly postPromotionAnalysisRunStatus?: RunStatus | null
}

export type SpillwayStatus = {
  /** Who carries out the traffic of this revision: the edges, or the number of pods alone. Decided when the revision begins. */
  readonly router?: 'edge' | 'pods'
}
