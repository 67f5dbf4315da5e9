import type { KubeObject } from '../../api/meta.ts'
import type { ObjectKey } from '../unstructured.ts'

/** `namespace/name`, or `name`; unique within a kind. */
export function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

export function parseKey(key: string): ObjectKey {
  const slash = key.indexOf('/')
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
