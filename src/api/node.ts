/** core/v1 Node and coordination.k8s.io/v1 Lease. */
import type { Condition } from './condition.ts'
import type { ResourceList } from './container.ts'
import type { KubeObject } from './meta.ts'

export type Node = KubeObject & { readonly spec?: NodeSpec; readonly status?: NodeStatus }

export type NodeSpec = {
  readonly podCIDR?: string
  readonly podCIDRs?: readonly string[]
  readonly providerID?: string
  readonly unschedulable?: boolean
  readonly taints?: readonly Taint[]
}

export type Taint = {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
  readonly timeAdded?: string
}

export type NodeStatus = {
  readonly capacity?: ResourceList
  readonly allocatable?: ResourceList
  readonly conditions?: readonly NodeCondition[]
  readonly addresses?: readonly { readonly type: string; readonly address: string }[]
  readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port: number } }
  readonly nodeInfo?: NodeSystemInfo
  readonly images?: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[]
}

export type NodeCondition = Condition<'Ready' | 'MemoryPressure' | 'DiskPressure' | 'PIDPressure' | 'NetworkUnavailable'> & {
  readonly lastHeartbeatTime?: string | null
}

export type NodeSystemInfo = {
  readonly machineID: string
  readonly systemUUID: string
  readonly bootID: string
  readonly kernelVersion: string
  readonly osImage: string
  readonly containerRuntimeVersion: string
  readonly kubeletVersion: string
  readonly kubeProxyVersion: string
  readonly operatingSystem: string
  readonly architecture: string
}

export type Lease = KubeObject & {
  readonly spec?: {
    /** '' or absent: nobody. */
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    /** RFC 3339 with microseconds, as `renewTime`. */
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}
