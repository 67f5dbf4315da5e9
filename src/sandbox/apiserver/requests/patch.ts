import type { Unstructured } from '../../unstructured.ts'
import { badRequest, notFound } from '../apiError.ts'
import { create } from './create.ts'
import { decode, decodePatched } from './decode.ts'
import type { Patch } from './fieldMachinery.ts'
import { type Call, type Machinery, timeText } from './machinery.ts'
import { apiVersionOf } from './objectMeta.ts'
import { replace, requireName, type UpdateTarget } from './update.ts'
import { about, findLive } from './write.ts'

export type Patched = { readonly object: Unstructured; readonly isNew: boolean }

export function patch(machinery: Machinery, call: Call, change: Patch, target: UpdateTarget): Patched {
  const live = findLive(machinery, call, target.name)
  if (change.type === 'apply') return apply(machinery, call, change, { ...target, live })
  if (live === undefined) throw notFound(about(call, target.name))
  const patched = machinery.fields.patched(call.kind, live, change)
  const object = decodePatched(machinery, call, patched)
  requireName(object, target.name)
  return { object: replace(machinery, call, { live, object, subresource: target.subresource }), isNew: false }
}

type ApplyTarget = UpdateTarget & { readonly live: Unstructured | undefined }

function apply(machinery: Machinery, call: Call, change: Extract<Patch, { type: 'apply' }>, { live, name, subresource }: ApplyTarget): Patched {
  const { kind } = call
  const config = decode(machinery, call, change.config)
  const said = config.metadata?.name ?? ''
  if (said !== '' && said !== name) requireName(config, name)
  if (config.metadata?.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  const named = { ...config, apiVersion: apiVersionOf(kind), metadata: { ...config.metadata, name } }
  const write = { kind, manager: call.manager.name, subresource, now: timeText(machinery.nowMs()) }
  if (live === undefined) {
    if (subresource !== undefined) throw notFound(about(call, name))
    const applied = machinery.fields.applied(named, change.force, { ...write, live: undefined })
    return { object: create(machinery, call, applied, 'applied'), isNew: true }
  }
  const object = machinery.fields.applied(named, change.force, { ...write, live })
  return { object: replace(machinery, call, { live, object, subresource, isApplied: true }), isNew: false }
}
