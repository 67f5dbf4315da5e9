import type { Ingress, IngressClass, IngressPath } from '../../../../src/api/ingress.ts'
import type { EndpointSlice, Service } from '../../../../src/api/services.ts'
import type { SplitBackend, SplitService, TrafficSplit } from '../../../../src/api/trafficSplit.ts'
import type { ClusterView } from '../../../../src/edge/source/kube/cluster.ts'
import { compileTable, type Table, type TableOptions } from '../../../../src/edge/source/kube/table.ts'
import { compileRegex } from '../../../../src/lib/regex.ts'

export type Objects = {
  readonly ingresses?: readonly Ingress[]
  readonly ingressClasses?: readonly IngressClass[]
  readonly services?: readonly Service[]
  readonly slices?: readonly EndpointSlice[]
  readonly trafficSplits?: readonly TrafficSplit[]
}

export function viewOf({ ingresses = [], ingressClasses = [], services = [], slices = [], trafficSplits = [] }: Objects): ClusterView {
  return {
    ingresses,
    ingressClasses,
    trafficSplits,
    services,
    service: (namespace, name) => services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    slicesOf: (namespace, service) =>
      slices.filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === service),
  }
}

export function tableOf(objects: Objects, options: Partial<TableOptions> = {}, before?: Table): Table {
  return compileTable(viewOf(objects), { ingressClass: 'spillway', compileRegex, ...options }, before)
}

let seconds = 0

/** Each younger than those before. */
export function meta(name: string): { readonly name: string; readonly namespace: string; readonly uid: string; readonly creationTimestamp: string } {
  return { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: new Date(seconds++ * 1_000).toISOString().replace('.000', '') }
}

export function ingress(name: string, spec: NonNullable<Ingress['spec']>, annotations: Readonly<Record<string, string>> = {}): Ingress {
  return { metadata: { ...meta(name), annotations }, spec: { ingressClassName: 'spillway', ...spec } }
}

export function path(path: string, service: string, port: number | string = 80, pathType: IngressPath['pathType'] = 'Prefix'): IngressPath {
  return { path, pathType, backend: { service: { name: service, port: typeof port === 'number' ? { number: port } : { name: port } } } }
}

export function service(name: string, more: Partial<Service['spec']> = {}): Service {
  return { metadata: meta(name), spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...more } }
}

export type Pod = { readonly address: string; readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean }

export function slice(name: string, pods: readonly (string | Pod)[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  const endpoints = pods.map((pod) => {
    const { address, ready = true, serving = ready, terminating = false } = typeof pod === 'string' ? { address: pod } : pod
    return { addresses: [address], conditions: { ready, serving, terminating } }
  })
  return {
    metadata: { ...meta(`${name}-${seconds}`), labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
    ...more,
  }
}

export const twoBackends: readonly SplitBackend[] = [
  { podTemplateHash: 'aaa', role: 'stable', service: 'web-aaa' },
  { podTemplateHash: 'bbb', role: 'canary', service: 'web-bbb' },
]

export function trafficSplit(services: readonly SplitService[], more: { readonly name?: string; readonly generation?: number } = {}): TrafficSplit {
  return {
    metadata: { ...meta(more.name ?? 'web'), generation: more.generation ?? 1 },
    spec: { totalWeight: 100, backends: twoBackends, services },
  }
}

export function weights(stable: number, canary: number): SplitService['weights'] {
  return [
    { podTemplateHash: 'aaa', weight: stable },
    { podTemplateHash: 'bbb', weight: canary },
  ]
}
