/** core/v1 Pod: what runs pods and what counts them read and write of it. */
import type { Condition } from './condition.ts'
import type { Container, ResourceList, ResourceRequirements, Volume } from './container.ts'
import type { KubeObject, Metadata } from './meta.ts'

export type Pod = KubeObject & { readonly spec: PodSpec; readonly status?: PodStatus }

export type PodTemplateSpec = { readonly metadata?: TemplateMetadata; readonly spec: PodSpec }
/** A template has no name of its own. */
export type TemplateMetadata = Partial<Metadata>

export type PodSpec = {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly restartPolicy?: RestartPolicy
  readonly terminationGracePeriodSeconds?: number
  readonly activeDeadlineSeconds?: number
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly hostname?: string
  readonly subdomain?: string
  readonly hostNetwork?: boolean
  readonly setHostnameAsFQDN?: boolean
  readonly enableServiceLinks?: boolean
  readonly automountServiceAccountToken?: boolean
  readonly serviceAccountName?: string
  /** Of the same value as `serviceAccountName`, for old clients. */
  readonly serviceAccount?: string
  readonly securityContext?: { readonly runAsUser?: number; readonly runAsGroup?: number; readonly runAsNonRoot?: boolean; readonly fsGroup?: number }
  readonly priority?: number
  readonly priorityClassName?: string
  readonly readinessGates?: readonly { readonly conditionType: string }[]
  readonly schedulingGates?: readonly { readonly name: string }[]
  readonly schedulerName?: string
  readonly shareProcessNamespace?: boolean
  readonly tolerations?: readonly Toleration[]
  readonly affinity?: { readonly nodeAffinity?: NodeAffinity }
}

/** Which taints of a node a pod bears; without a key all, without an effect each. */
export type Toleration = {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  readonly tolerationSeconds?: number
}

export type NodeAffinity = {
  /** One of the terms must hold. */
  readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] }
}

/** All of it must hold; an empty term never does. */
export type NodeSelectorTerm = {
  readonly matchExpressions?: readonly NodeSelectorRequirement[]
  /** Of `metadata.name` alone. */
  readonly matchFields?: readonly NodeSelectorRequirement[]
}

export type NodeSelectorRequirement = {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  readonly values?: readonly string[]
}

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never'
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'

export type PodStatus = {
  readonly phase?: PodPhase
  readonly observedGeneration?: number
  readonly conditions?: readonly PodCondition[]
  readonly message?: string
  readonly reason?: string
  readonly nominatedNodeName?: string
  readonly hostIP?: string
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly startTime?: string
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort'
}

/** Readiness gates add types of their own. */
export type PodConditionType =
  | 'PodScheduled'
  | 'PodReadyToStartContainers'
  | 'Initialized'
  | 'ContainersReady'
  | 'Ready'
  | 'DisruptionTarget'
  | (string & {})

export type PodCondition = Condition<PodConditionType> & { readonly lastProbeTime?: string | null; readonly observedGeneration?: number }

export type ContainerStatus = {
  readonly name: string
  readonly state?: ContainerState
  readonly lastState?: ContainerState
  readonly ready: boolean
  readonly started?: boolean
  readonly restartCount: number
  readonly image: string
  readonly imageID: string
  readonly containerID?: string
  readonly resources?: ResourceRequirements
  readonly allocatedResources?: ResourceList
  readonly volumeMounts?: readonly VolumeMountStatus[]
}

export type VolumeMountStatus = {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
  readonly recursiveReadOnly?: 'Disabled' | 'IfPossible' | 'Enabled'
}

/** One of them at most; none: waiting. */
export type ContainerState = {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt?: string | null }
  readonly terminated?: ContainerStateTerminated
}

export type ContainerStateTerminated = {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: string | null
  readonly finishedAt?: string | null
  readonly containerID?: string
}

export function podCondition(pod: Pod, type: PodConditionType): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type)
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True'
}

/** Its containers have ended, for good. */
export function isPodTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}
