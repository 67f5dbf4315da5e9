import type { Unstructured } from '../../unstructured.ts'
import { notFound } from '../apiError.ts'
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
  const patched = machinery.fields.patched(call.kind, live, change)
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
  const object = decodePatched(call, machinery.fields.applied(change.config, change.force, write), change)
  requireName(object, name)
  if (live === undefined) return { object: create(machinery, call, object, 'applied'), isNew: true }
  return { object: replace(machinery, call, { live, object, subresource, isApplied: true }), isNew: false }
}
