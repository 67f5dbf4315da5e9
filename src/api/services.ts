/** core/v1 Service and Endpoints, discovery.k8s.io/v1 EndpointSlice. */
import type { Condition } from './condition.ts'
import type { Protocol } from './container.ts'
import type { KubeObject } from './meta.ts'
import type { ObjectReference } from './objectReference.ts'

export type Service = KubeObject & { readonly spec: ServiceSpec; readonly status?: ServiceStatus }

export type ServiceSpec = {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
  readonly selector?: Readonly<Record<string, string>>
  readonly ports?: readonly ServicePort[]
  /** `None` is a headless service. */
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly ('IPv4' | 'IPv6')[]
  readonly ipFamilyPolicy?: string
  readonly externalName?: string
  readonly externalIPs?: readonly string[]
  readonly loadBalancerIP?: string
  readonly loadBalancerClass?: string
  readonly sessionAffinity?: 'None' | 'ClientIP'
  readonly externalTrafficPolicy?: 'Cluster' | 'Local'
  readonly internalTrafficPolicy?: 'Cluster' | 'Local'
  readonly publishNotReadyAddresses?: boolean
}

export type ServicePort = {
  readonly name?: string
  readonly protocol?: Protocol
  readonly appProtocol?: string
  readonly port: number
  /** A number, or the name of a container's port; the service's own port if absent. */
  readonly targetPort?: number | string
  readonly nodePort?: number
}

export type ServiceStatus = {
  readonly loadBalancer?: { readonly ingress?: readonly LoadBalancerIngress[] }
  readonly conditions?: readonly Condition[]
}

export type LoadBalancerIngress = {
  readonly ip?: string
  readonly hostname?: string
  readonly ipMode?: 'VIP' | 'Proxy'
  readonly ports?: readonly { readonly port: number; readonly protocol: Protocol; readonly error?: string }[]
}

export type EndpointSlice = KubeObject & {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly endpoints: readonly Endpoint[] | null
  readonly ports?: readonly EndpointPort[] | null
}

export type Endpoint = {
  readonly addresses: readonly string[]
  readonly conditions?: EndpointConditions
  readonly hostname?: string
  readonly targetRef?: ObjectReference
  readonly nodeName?: string
  readonly zone?: string
}

/** Absent `ready` counts as true. */
export type EndpointConditions = { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }

export type EndpointPort = {
  readonly name?: string
  readonly protocol?: Protocol
  readonly port?: number
  readonly appProtocol?: string
}

export type Endpoints = KubeObject & { readonly subsets?: readonly EndpointSubset[] }

export type EndpointSubset = {
  readonly addresses?: readonly EndpointAddress[]
  readonly notReadyAddresses?: readonly EndpointAddress[]
  readonly ports?: readonly (EndpointPort & { readonly port: number })[]
}

export type EndpointAddress = {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}
