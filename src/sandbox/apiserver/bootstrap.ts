import type { KubeObject } from '../../api/meta.ts'
import type { Cluster } from '../cluster.ts'
import { ApiError } from './apiError.ts'
import type { Admission } from './requests/machinery.ts'

/** Makes the namespaces that every cluster has, where they are not there yet. */
export function bootstrapNamespaces(cluster: Cluster): void {
  for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'default']) {
    if (cluster.find('namespaces', { name }) === undefined) cluster.create('namespaces', { metadata: { name } })
  }
}

const priorities = [
  { name: 'system-cluster-critical', value: 2_000_000_000, description: 'For what a cluster needs, and which may run on any node.' },
  { name: 'system-node-critical', value: 2_000_001_000, description: 'For what a node needs, and which may run nowhere else.' },
]

/** The priorities that every cluster knows. */
export function bootstrapPriorities(cluster: Cluster): void {
  const resource = 'priorityclasses.scheduling.k8s.io'
  for (const { name, value, description } of priorities) {
    if (cluster.find(resource, { name }) === undefined) cluster.create(resource, { metadata: { name }, value, description } as KubeObject)
  }
}

const immortal = ['default', 'kube-system', 'kube-public']

/** Some namespaces nobody deletes. */
export const keepNamespaces: Admission = (object, { kind, verb, name }) => {
  if (verb !== 'delete' || kind.storedAs !== 'namespaces' || !immortal.includes(name)) return object
  const message = `namespaces "${name}" is forbidden: this namespace may not be deleted`
  throw new ApiError({ code: 403, reason: 'Forbidden', message, details: { name, kind: 'namespaces' } })
}
