import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { ApiError, notFound } from '../apiError.ts'
import { isDeeperThan, jsonBytes } from '../jsonBytes.ts'
import { maxDepth } from '../schema/strictJson.ts'
import { create } from './create.ts'
import { decodePatched } from './decode.ts'
import type { Patch } from './fieldMachinery.ts'
import { type Call, type Machinery, timeText } from './machinery.ts'
import { placed } from './objectMeta.ts'
import { replace, requireName, type UpdateTarget } from './update.ts'
import { about, findLive } from './write.ts'

export type Patched = { readonly object: Unstructured; readonly isNew: boolean }

export function patch(machinery: Machinery, call: Call, change: Patch, target: UpdateTarget): Patched {
  const live = findLive(machinery, call, target.name)
  if (change.type === 'apply') return apply(machinery, call, change, { ...target, live })
  if (live === undefined) throw notFound(about(call, target.name))
  const patched = fitting(machinery.fields.patched(call.kind, live, change))
  const object = decodePatched(call, patched, change)
  requireName(object, target.name)
  const placedObject = { ...object, metadata: placed(call.kind, object.metadata, call.namespace) }
  return { object: replace(machinery, call, { live, object: placedObject, subresource: target.subresource, isPatched: true }), isNew: false }
}

type ApplyTarget = UpdateTarget & { readonly live: Unstructured | undefined }

function apply(machinery: Machinery, call: Call, change: Extract<Patch, { type: 'apply' }>, { live, name, subresource }: ApplyTarget): Patched {
  const { kind } = call
  if (live === undefined && subresource !== undefined) throw notFound(about(call, name))
  const write = { kind, live, manager: call.manager.name, subresource, now: timeText(machinery.nowMs()) }
  const object = decodePatched(call, fitting(machinery.fields.applied(change.config, change.force, write)), change)
  requireName(object, name)
  placed(kind, object.metadata, call.namespace)
  if (live === undefined) return { object: create(machinery, call, object, 'applied'), isNew: true }
  return { object: replace(machinery, call, { live, object, subresource, isApplied: true }), isNew: false }
}

/** As much as a request may carry: what grows beyond could never be sent back. */
const maxObjectBytes = 3 * 1024 * 1024

/** What a patch has made, unless that is larger than an object may be; patches alone can make more of an object than they carry themselves. */
function fitting(patched: JsonObject): JsonObject {
  if (isDeeperThan(maxDepth, patched) || jsonBytes(patched, maxObjectBytes) > maxObjectBytes)
    throw new ApiError({ code: 500, reason: '', message: 'etcdserver: request is too large' })
  return patched
}
