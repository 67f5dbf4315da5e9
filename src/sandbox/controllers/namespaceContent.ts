import type { KubeObject } from '../../api/meta.ts'
import type { Namespace } from '../../api/namespace.ts'
import type { Controller } from './runner.ts'

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }

/** Every namespace has an account for pods that name none. */
export const serviceAccountController: Controller = {
  name: 'service-account-controller',
  follows: ['namespaces', 'serviceaccounts'],
  keysOf: ({ type, resource, object }) =>
    resource === 'namespaces' ? [object.metadata.name] : type === 'DELETED' && object.metadata.name === 'default' ? [object.metadata.namespace!] : [],
  sync(name, { cluster }) {
    const at = { namespace: name, name: 'default' }
    if (isActive(cluster.find<Namespace>('namespaces', { name })) && cluster.find('serviceaccounts', at) === undefined)
      cluster.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: at })
    return undefined
  },
}

const rootCa = 'kube-root-ca.crt'

/** Every namespace has the certificate by which pods know the API server. */
export function openRootCaPublisher(caPem: string): Controller {
  const data = { 'ca.crt': caPem }
  const annotations = {
    'kubernetes.io/description': 'Tells the API server of this cluster from others: the certificate that its own is signed with.',
  }
  return {
    name: 'root-ca-certificate-publisher',
    follows: ['namespaces', 'configmaps'],
    keysOf: ({ resource, object }) =>
      resource === 'namespaces' ? [object.metadata.name] : object.metadata.name === rootCa ? [object.metadata.namespace!] : [],
    sync(name, { cluster }) {
      if (!isActive(cluster.find<Namespace>('namespaces', { name }))) return undefined
      const at = { namespace: name, name: rootCa }
      const found = cluster.find<ConfigMap>('configmaps', at)
      if (found === undefined)
        cluster.create<ConfigMap>('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...at, annotations }, data })
      else if (found.data?.['ca.crt'] !== caPem) cluster.update<ConfigMap>('configmaps', { ...found, data })
      return undefined
    },
  }
}

function isActive(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined
}
