/** What makes pods: apps/v1 Deployment and ReplicaSet, batch/v1 Job. */
import type { Condition } from './condition.ts'
import type { KubeObject } from './meta.ts'
import type { PodTemplateSpec } from './pod.ts'
import type { LabelSelector } from './selector.ts'

export type Deployment = KubeObject & { readonly spec: DeploymentSpec; readonly status?: DeploymentStatus }

export type DeploymentSpec = {
  readonly replicas?: number
  readonly selector: LabelSelector
  readonly template: PodTemplateSpec
  readonly strategy?: DeploymentStrategy
  readonly minReadySeconds?: number
  readonly revisionHistoryLimit?: number
  readonly paused?: boolean
  readonly progressDeadlineSeconds?: number
}

export type DeploymentStrategy = {
  readonly type?: 'RollingUpdate' | 'Recreate'
  readonly rollingUpdate?: { readonly maxUnavailable?: IntOrPercent; readonly maxSurge?: IntOrPercent }
}

/** A count, or a share of the whole: `25%`. */
export type IntOrPercent = number | string

export type DeploymentStatus = {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly unavailableReplicas?: number
  readonly terminatingReplicas?: number
  readonly collisionCount?: number
  readonly conditions?: readonly DeploymentCondition[]
}

export type DeploymentCondition = Condition<'Available' | 'Progressing' | 'ReplicaFailure'> & { readonly lastUpdateTime?: string }

export type ReplicaSet = KubeObject & { readonly spec: ReplicaSetSpec; readonly status?: ReplicaSetStatus }

export type ReplicaSetSpec = {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector: LabelSelector
  readonly template?: PodTemplateSpec
}

export type ReplicaSetStatus = {
  readonly replicas: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly terminatingReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly ReplicaSetCondition[]
}

export type ReplicaSetCondition = Condition<'ReplicaFailure'>

export type Job = KubeObject & { readonly spec: JobSpec; readonly status?: JobStatus }

export type JobSpec = {
  readonly parallelism?: number
  readonly completions?: number
  readonly completionMode?: 'NonIndexed' | 'Indexed'
  readonly backoffLimit?: number
  readonly activeDeadlineSeconds?: number
  readonly ttlSecondsAfterFinished?: number
  readonly selector?: LabelSelector
  readonly manualSelector?: boolean
  readonly template: PodTemplateSpec
  readonly suspend?: boolean
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  readonly managedBy?: string
}

export type JobStatus = {
  readonly conditions?: readonly JobCondition[]
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly ready?: number
  readonly terminating?: number
  readonly succeeded?: number
  readonly failed?: number
  /** `1,3-5` */
  readonly completedIndexes?: string
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] }
}

export type JobConditionType = 'Suspended' | 'SuccessCriteriaMet' | 'Complete' | 'FailureTarget' | 'Failed'
export type JobCondition = Condition<JobConditionType> & { readonly lastProbeTime?: string }
