import { invalid, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, items, text } from '../fields.ts'
import { configKey, dnsSubdomain, envName, qualifiedName } from '../names.ts'
import { type Errors, named, requiredName } from './rules.ts'

const podFields = [
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
]
const resourceFields = ['limits', 'requests'].flatMap((which) => ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${which}.${name}`))
/** Labels and annotations as a whole: for volumes alone. */
const wholeMaps = ['metadata.annotations', 'metadata.labels']

export function* environmentErrors(container: Fields, path: string): Errors {
  for (const [index, variable] of items(container.env).entries()) {
    const at = `${path}.env[${index}]`
    yield* requiredName(envName, variable.name, `${at}.name`)
    if (isFields(variable.valueFrom)) yield* valueFromErrors(variable.valueFrom, text(variable.value), `${at}.valueFrom`)
  }
  for (const [index, source] of items(container.envFrom).entries()) yield* envFromErrors(source, `${path}.envFrom`, index)
}

function* valueFromErrors(source: Fields, value: string, path: string): Errors {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source
  if (isFields(fieldRef)) yield* fieldRefErrors(fieldRef, podFields, `${path}.fieldRef`)
  if (isFields(resourceFieldRef)) yield* resourceRefErrors(resourceFieldRef, `${path}.resourceFieldRef`)
  if (isFields(configMapKeyRef)) yield* keyErrors(configMapKeyRef, `${path}.configMapKeyRef`)
  if (isFields(secretKeyRef)) yield* keyErrors(secretKeyRef, `${path}.secretKeyRef`)
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(isFields).length
  if (count === 0) yield invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`')
  else if (value !== '') yield invalid(path, '', 'may not be specified when `value` is not empty')
  else if (count > 1) yield invalid(path, '', 'may not have more than one field specified at a time')
}

function* keyErrors({ name, key }: Fields, path: string): Errors {
  yield* named(dnsSubdomain, name, `${path}.name`)
  yield* requiredName(configKey, key, `${path}.key`)
}

/** `ofVolume` allows all labels and all annotations, too. */
export function* fieldRefErrors({ fieldPath }: Fields, allowed: readonly string[], path: string): Errors {
  const asked = text(fieldPath)
  if (asked === '') {
    yield required(`${path}.fieldPath`)
    return
  }
  const subscripted = /^(.*)\['([^']*)'\]$/.exec(asked)
  if (subscripted !== null) {
    const [, map = '', key = ''] = subscripted
    if (map === 'metadata.annotations') yield* qualifiedName(key.toLowerCase()).map((message) => invalid(path, key.toLowerCase(), message))
    else if (map === 'metadata.labels') yield* qualifiedName(key).map((message) => invalid(path, key, message))
    else yield invalid(`${path}.fieldPath`, asked, `error converting fieldPath: field label does not support subscript: ${asked}`)
    return
  }
  const known = [
    ...podFields,
    ...wholeMaps,
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.hostNetwork',
    'status.phase',
    'status.nominatedNodeName',
    'spec.host',
  ]
  if (!known.includes(asked)) yield invalid(`${path}.fieldPath`, asked, `error converting fieldPath: field label not supported: ${asked}`)
  else if (!allowed.includes(asked)) yield notSupported(`${path}.fieldPath`, asked, allowed)
}

export function* volumeFieldRefErrors(source: Fields, path: string): Errors {
  yield* fieldRefErrors(source, ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'], path)
}

export function* resourceRefErrors({ resource }: Fields, path: string): Errors {
  const asked = text(resource)
  if (asked === '') yield required(`${path}.resource`)
  else if (!resourceFields.includes(asked) && !/^(limits|requests)\.hugepages-/.test(asked))
    yield notSupported(`${path}.resource`, asked, resourceFields)
}

function* envFromErrors(source: Fields, path: string, index: number): Errors {
  const at = `${path}[${index}]`
  const { prefix, configMapRef, secretRef } = source
  if (text(prefix) !== '') yield* named(envName, prefix, `${at}.prefix`)
  for (const [field, reference] of Object.entries({ configMapRef, secretRef })) {
    if (isFields(reference)) yield* requiredName(dnsSubdomain, fields(reference).name, `${at}.${field}.name`)
  }
  if (!isFields(configMapRef) && !isFields(secretRef)) yield invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')
  else if (isFields(configMapRef) && isFields(secretRef)) yield invalid(path, '', 'may not have more than one field specified at a time')
}
