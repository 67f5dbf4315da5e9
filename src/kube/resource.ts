import type { KubeObject } from '../api/meta.ts'

/** A kind of objects, as URLs name it. `group` '' is the core group. */
export type Resource = {
  readonly group: string
  readonly version: string
  /** Plural, lower case. */
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
}

/** `namespace` is left out for kinds that have none. */
export type ObjectRef = { readonly namespace?: string; readonly name: string }

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`
}

/** `namespace` undefined: all of them, or a kind without. `name` undefined: the collection. */
export function pathOf(
  resource: Resource,
  at: { readonly namespace?: string | undefined; readonly name?: string; readonly subresource?: string } = {},
): string {
  const { group, version, name: plural } = resource
  const parts = [group === '' ? `/api/${version}` : `/apis/${group}/${version}`]
  if (at.namespace !== undefined) parts.push('namespaces', segment(at.namespace))
  parts.push(plural)
  if (at.name !== undefined) parts.push(segment(at.name))
  if (at.subresource !== undefined) parts.push(at.subresource)
  return parts.join('/')
}

/** A name that is empty or climbs would ask for something else. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') throw new Error(`${JSON.stringify(text)} is no name of an object`)
  return encodeURIComponent(text)
}

/** `namespace/name`, or `name`; unique within a kind. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

export function refOfKey(key: string): ObjectRef {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** Below 0: `a` is older than `b`. Undefined where either is no decimal number, and so has no order. */
export function compareVersions(a: string | undefined, b: string | undefined): number | undefined {
  if (a === undefined || b === undefined || !decimal.test(a) || !decimal.test(b)) return undefined
  return a.length === b.length ? (a < b ? -1 : a > b ? 1 : 0) : a.length - b.length
}

const decimal = /^(?:0|[1-9][0-9]*)$/

function builtIn(group: string, version: string, name: string, kind: string, namespaced = true): Resource {
  return { group, version, name, kind, namespaced }
}

export const pods = builtIn('', 'v1', 'pods', 'Pod')
export const services = builtIn('', 'v1', 'services', 'Service')
export const secrets = builtIn('', 'v1', 'secrets', 'Secret')
export const configMaps = builtIn('', 'v1', 'configmaps', 'ConfigMap')
export const serviceAccounts = builtIn('', 'v1', 'serviceaccounts', 'ServiceAccount')
export const namespaces = builtIn('', 'v1', 'namespaces', 'Namespace', false)
export const events = builtIn('', 'v1', 'events', 'Event')
export const replicaSets = builtIn('apps', 'v1', 'replicasets', 'ReplicaSet')
export const deployments = builtIn('apps', 'v1', 'deployments', 'Deployment')
export const endpointSlices = builtIn('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice')
export const ingresses = builtIn('networking.k8s.io', 'v1', 'ingresses', 'Ingress')
export const ingressClasses = builtIn('networking.k8s.io', 'v1', 'ingressclasses', 'IngressClass', false)
export const leases = builtIn('coordination.k8s.io', 'v1', 'leases', 'Lease')
