import { isObject } from '../../json.ts'
import type { Json, JsonObject, Unstructured } from '../../unstructured.ts'
import { ApiError, badRequest, conflict, invalid, notFound } from '../apiError.ts'
import { selectorText } from '../kinds/cells.ts'
import type { Kind, ScalePaths } from '../kinds/kind.ts'
import type { Patch } from './fieldMachinery.ts'
import type { Call, Machinery } from './machinery.ts'
import { apiVersionOf } from './objectMeta.ts'
import { patch } from './patch.ts'
import { modified, replace } from './update.ts'
import { about, findLive } from './write.ts'

type Applied = Extract<Patch, { readonly type: 'apply' }>

/** The size of an object as autoscaling/v1 Scale. */
export function readScale(machinery: Machinery, call: Call, name: string): Unstructured {
  const live = findLive(machinery, call, name)
  if (live === undefined) throw notFound(about(call, name))
  return scaleOf(call.kind, live)
}

export function writeScale(machinery: Machinery, call: Call, scale: Unstructured, name: string): Unstructured {
  const live = findLive(machinery, call, name)
  if (live === undefined) throw notFound(about(call, name))
  const { metadata } = scale
  if ((metadata?.name ?? name) !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  const { resourceVersion = '', uid = '' } = metadata ?? {}
  if (resourceVersion !== '' && resourceVersion !== live.metadata.resourceVersion) throw conflict(about(call, name), modified)
  if (uid !== '' && uid !== live.metadata.uid) {
    const because = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`
    throw conflict(about(call, name), because)
  }
  const replicas = isObject(scale['spec']) ? (scale['spec']['replicas'] ?? 0) : 0
  // Custom kinds have their own word for it.
  if (typeof replicas !== 'number' || (replicas < 0 && !call.kind.prunes)) {
    const message = `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`
    throw invalid({ group: 'autoscaling', plural: 'scales', kind: 'Scale', name }, [{ field: 'spec.replicas', reason: 'FieldValueInvalid', message }])
  }
  const object = set(live, pathParts(paths(call.kind).specReplicas), replicas) as Unstructured
  return scaleOf(call.kind, replace(machinery, call, { live, object, subresource: 'scale' }))
}

/** An applied Scale: what it says of the size is applied to the object itself, and owned there. */
export function applyScale(machinery: Machinery, call: Call, change: Applied, name: string): Unstructured {
  const { kind } = call
  const replicas = at(change.config as unknown as Unstructured, '.spec.replicas')
  const applied = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: change.config['metadata'] ?? { name } }
  const config = replicas === undefined ? applied : set(applied, pathParts(paths(kind).specReplicas), replicas)
  const { object } = patch(machinery, call, { ...change, config: config as JsonObject }, { name, subresource: 'scale' })
  return scaleOf(kind, object)
}

function scaleOf(kind: Kind, object: Unstructured): Unstructured {
  const { specReplicas, statusReplicas, labelSelector } = paths(kind)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const replicas = at(object, specReplicas)
  const selector = labelSelector === undefined ? undefined : selectorOf(at(object, labelSelector))
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as Unstructured['metadata'],
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: { replicas: at(object, statusReplicas) ?? 0, ...(selector !== undefined && selector !== '' && { selector }) },
  }
}

/** A text for custom kinds; a selector, or a map of labels, for built-in ones. */
function selectorOf(value: Json | undefined): string | undefined {
  if (!isObject(value)) return typeof value === 'string' ? value : undefined
  const isSelector = 'matchLabels' in value || 'matchExpressions' in value
  const text = selectorText(isSelector ? value : { matchLabels: value })
  return text === '<none>' ? '' : text
}

function paths(kind: Kind): ScalePaths {
  if (kind.subresources.scale !== undefined) return kind.subresources.scale
  throw new ApiError({ code: 404, reason: 'NotFound', message: `${kind.kind} in ${apiVersionOf(kind)} has no scale`, details: {} })
}

function pathParts(path: string): readonly string[] {
  return path.split('.').filter((part) => part !== '')
}

function at(object: Unstructured, path: string): Json | undefined {
  return pathParts(path).reduce<Json | undefined>((value, part) => (isObject(value) ? value[part] : undefined), object as JsonObject)
}

function set(value: unknown, [first, ...rest]: readonly string[], to: Json): unknown {
  if (first === undefined) return to
  const object = isObject(value) ? value : {}
  return { ...object, [first]: set(object[first], rest, to) }
}
