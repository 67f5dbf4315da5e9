/** autoscaling/v2 HorizontalPodAutoscaler and autoscaling/v1 Scale. */
import type { Condition } from './condition.ts'
import type { KubeObject } from './meta.ts'

export type HorizontalPodAutoscaler = KubeObject & { readonly spec: AutoscalerSpec; readonly status?: AutoscalerStatus }

export type AutoscalerSpec = {
  readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string }
  readonly minReplicas?: number
  readonly maxReplicas: number
  readonly metrics?: readonly MetricSpec[]
}

/** What is measured is in a field that is named as the type. */
export type MetricSpec = {
  readonly type: 'Resource' | 'ContainerResource' | 'Pods' | 'Object' | 'External'
  readonly resource?: ResourceMetric
  readonly containerResource?: ResourceMetric
  readonly pods?: { readonly metric: { readonly name: string } }
  readonly object?: { readonly metric: { readonly name: string } }
  readonly external?: { readonly metric: { readonly name: string } }
}

export type ResourceMetric = { readonly name: string; readonly target: { readonly type: string } }

export type AutoscalerStatus = {
  readonly observedGeneration?: number
  readonly lastScaleTime?: string
  readonly currentReplicas?: number
  readonly desiredReplicas: number
  readonly currentMetrics: readonly { readonly type: string }[] | null
  readonly conditions?: readonly AutoscalerCondition[]
}

export type AutoscalerCondition = Condition<'AbleToScale' | 'ScalingActive' | 'ScalingLimited'>

export type Scale = KubeObject & {
  /** Absent: 0. */
  readonly spec?: { readonly replicas?: number }
  readonly status?: { readonly replicas: number; readonly selector?: string }
}
