import type { KubeObject } from '../../../api/meta.ts'
import type { Cluster } from '../../cluster.ts'
import type { Lookup } from './variables.ts'
import type { BinaryLookup } from './volumeFiles.ts'

type Keyed = KubeObject & { readonly data?: Readonly<Record<string, string>>; readonly binaryData?: Readonly<Record<string, string>> }

/** The ConfigMaps and Secrets of a namespace, as bytes. */
export function bytesIn(cluster: Cluster, namespace: string | undefined): BinaryLookup {
  return {
    configMap(name) {
      const found = cluster.find<Keyed>('configmaps', { namespace, name })
      return found && { ...mapped(found.data, (text) => Buffer.from(text)), ...mapped(found.binaryData, fromBase64) }
    },
    secret(name) {
      const found = cluster.find<Keyed>('secrets', { namespace, name })
      return found && mapped(found.data, fromBase64)
    },
  }
}

/** As texts; a ConfigMap's bytes are none. */
export function textsIn(cluster: Cluster, namespace: string | undefined): Lookup {
  return {
    configMap(name) {
      const found = cluster.find<Keyed>('configmaps', { namespace, name })
      return found && (found.data ?? {})
    },
    secret(name) {
      const found = cluster.find<Keyed>('secrets', { namespace, name })
      return found && mapped(found.data, (text) => fromBase64(text).toString())
    },
  }
}

const fromBase64 = (text: string): Buffer => Buffer.from(text, 'base64')

function mapped<T>(data: Readonly<Record<string, string>> | undefined, change: (text: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, change(value)]))
}
