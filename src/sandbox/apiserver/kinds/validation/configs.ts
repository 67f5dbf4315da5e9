import type { Unstructured } from '../../../unstructured.ts'
import { forbidden, immutable, invalid, required, sameValue, tooLong } from '../../fieldErrors.ts'
import { fields, text } from '../fields.ts'
import { configKey } from '../names.ts'
import type { Errors } from './rules.ts'

const limitBytes = 1024 * 1024

export function* configMapErrors(configMap: Unstructured, old: Unstructured | undefined): Errors {
  if (old !== undefined) yield* sealedErrors(configMap, old, ['data', 'binaryData'])
  const [data, binaryData] = [fields(configMap.data), fields(configMap.binaryData)]
  for (const key of Object.keys(data)) {
    yield* configKey(key).map((message) => invalid(`data[${key}]`, key, message))
    if (Object.hasOwn(binaryData, key)) yield invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')
  }
  for (const key of Object.keys(binaryData)) yield* configKey(key).map((message) => invalid(`binaryData[${key}]`, key, message))
  const bytes = sum(Object.values(data).map((value) => Buffer.byteLength(text(value)))) + sum(Object.values(binaryData).map(decodedBytes))
  if (bytes > limitBytes) yield tooLong('[]', limitBytes)
}

/** The keys that each type of secret must have, and what must be JSON. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}
const accountName = 'kubernetes.io/service-account.name'

export function* secretErrors(secret: Unstructured, old: Unstructured | undefined): Errors {
  if (old !== undefined) {
    yield* immutable('type', secret.type, old.type)
    yield* sealedErrors(secret, old, ['data'])
  }
  const data = fields(secret.data)
  for (const key of Object.keys(data)) yield* configKey(key).map((message) => invalid(`data[${key}]`, key, message))
  if (sum(Object.values(data).map(decodedBytes)) > limitBytes) yield tooLong('data', limitBytes)
  const type = text(secret.type)
  const isAccount = type === 'kubernetes.io/service-account-token'
  if (isAccount && (secret.metadata.annotations?.[accountName] ?? '') === '') yield required(`metadata.annotations[${accountName}]`)
  for (const key of requiredKeys[type] ?? []) if (!Object.hasOwn(data, key)) yield required(`data[${key}]`)
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    yield required('data[username]')
    yield required('data[password]')
  }
}

function* sealedErrors(object: Unstructured, old: Unstructured, names: readonly string[]): Errors {
  if (old.immutable !== true) return
  const because = 'field is immutable when `immutable` is set'
  if (object.immutable !== true) yield forbidden('immutable', because)
  for (const name of names) if (!sameValue(object[name], old[name])) yield forbidden(name, because)
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, each) => total + each, 0)
}

/** Of base64. */
function decodedBytes(value: unknown): number {
  return Buffer.byteLength(text(value), 'base64')
}
