import type { Cluster } from '../cluster.ts'

/** Makes the namespaces that every cluster has, where they are not there yet. */
export function bootstrapNamespaces(cluster: Cluster): void {
  for (const name of ['kube-system', 'kube-public', 'kube-node-lease', 'default']) {
    if (cluster.find('namespaces', { name }) === undefined) cluster.create('namespaces', { metadata: { name } })
  }
}
