import type { DeleteOptions } from '../../cluster.ts'
import { equalJson } from '../../json.ts'
import type { Unstructured } from '../../unstructured.ts'
import { conflict, notFound } from '../apiError.ts'
import { keyText } from '../storage/store.ts'
import { type Call, kept, type Machinery, served, timeText } from './machinery.ts'
import { type ObjectMeta, tidyMetadata } from './objectMeta.ts'
import { isHeld } from './update.ts'
import { about, admitted, findLive } from './write.ts'

/** What became of a deletion: the object is gone, or it stays until someone lets go of it. */
export type Removal = { readonly kind: 'gone'; readonly object: Unstructured } | { readonly kind: 'ending'; readonly object: Unstructured }

export type RemoveOptions = DeleteOptions & {
  /** Deprecated by `propagationPolicy`, which it means. */
  readonly orphanDependents?: boolean
}

/** As the garbage collector knows them. */
const orphan = 'orphan'
const foreground = 'foregroundDeletion'

export function remove(machinery: Machinery, call: Call, name: string, options: RemoveOptions): Removal {
  const live = findLive(machinery, call, name)
  if (live === undefined) throw notFound(about(call, name))
  requirePreconditions(call, live, options)
  admitted(machinery, call, live, { verb: 'delete', name, subresource: undefined, old: live })
  const { onDelete } = call.kind.strategy
  if (onDelete !== undefined && live.metadata.deletionTimestamp === undefined)
    return written(machinery, call, onDelete(live, timeText(machinery.nowMs())))
  const grace = graceOf(machinery, call, live, options)
  if (grace.kind === 'pending') return { kind: 'ending', object: live }
  const finalizers = finalizersOf(call, live.metadata, options)
  const nowMs = machinery.nowMs()
  if (call.kind.storedAs === 'namespaces' && isHeld('namespaces', live)) return terminating(machinery, call, live, nowMs)
  if (grace.kind === 'graceful' && (grace.seconds > 0 || finalizers.length > 0)) {
    return marked(machinery, call, live, { ...grace.metadata, finalizers })
  }
  if (finalizers.length > 0) return marked(machinery, call, live, { ...atOnce(live.metadata, nowMs), finalizers })
  return grace.kind === 'graceful' ? withMarks(gone(machinery, call, live), grace.metadata) : gone(machinery, call, live)
}

/** What is gone at once is shown as what it would have been for no time. */
function withMarks(removal: Removal, metadata: ObjectMeta): Removal {
  const { resourceVersion = '' } = removal.object.metadata
  return { ...removal, object: { ...removal.object, metadata: tidyMetadata({ ...metadata, resourceVersion }) } }
}

function requirePreconditions({ kind }: Call, { metadata }: Unstructured, { preconditions }: RemoveOptions): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const what = { group: kind.group, plural: kind.kind, kind: kind.kind, name: metadata.name }
  if (uid !== undefined && uid !== metadata.uid) {
    const because = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(what, because)
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const both = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion})`
    throw conflict(what, `${both}. The object might have been modified`)
  }
}

type Grace =
  /** Nobody needs time for it. */
  | { readonly kind: 'none' }
  /** It is being deleted already, no later than is asked. */
  | { readonly kind: 'pending' }
  | { readonly kind: 'graceful'; readonly seconds: number; readonly metadata: ObjectMeta }

function graceOf({ nowMs }: Machinery, { kind }: Call, live: Unstructured, { gracePeriodSeconds: asked }: RemoveOptions): Grace {
  const { metadata } = live
  const { graceSeconds } = kind.strategy
  if (graceSeconds === undefined) return { kind: 'none' }
  if (metadata.deletionTimestamp !== undefined) {
    const current = metadata.deletionGracePeriodSeconds ?? 0
    if (current === 0) return { kind: 'none' }
    if (asked === undefined || asked >= current) return { kind: 'pending' }
    const seconds = Math.max(0, asked)
    const deletionTimestamp = timeText(Date.parse(metadata.deletionTimestamp) + (seconds - current) * 1_000)
    return { kind: 'graceful', seconds, metadata: { ...metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds } }
  }
  const seconds = graceSeconds(live, asked)
  const deletionTimestamp = timeText(nowMs() + seconds * 1_000)
  return { kind: 'graceful', seconds, metadata: { ...counted(metadata), deletionTimestamp, deletionGracePeriodSeconds: seconds } }
}

function atOnce(metadata: ObjectMeta, nowMs: number): ObjectMeta {
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  const now = timeText(nowMs)
  const at = deletionTimestamp === undefined || Date.parse(deletionTimestamp) > nowMs ? now : deletionTimestamp
  return { ...(deletionGracePeriodSeconds === undefined ? counted(metadata) : metadata), deletionTimestamp: at, deletionGracePeriodSeconds: 0 }
}

/** To be deleted is a change of what is wanted. */
function counted(metadata: ObjectMeta): ObjectMeta {
  return metadata.generation === undefined ? metadata : { ...metadata, generation: metadata.generation + 1 }
}

/** The finalizers that the object has after this deletion was asked: the garbage collector takes the two that are its away again. */
function finalizersOf({ kind }: Call, { finalizers = [] }: ObjectMeta, { propagationPolicy, orphanDependents }: RemoveOptions): readonly string[] {
  const asked = propagationPolicy ?? (orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background')
  const before = finalizers.includes(orphan) ? 'Orphan' : finalizers.includes(foreground) ? 'Foreground' : undefined
  const policy = asked ?? before ?? kind.strategy.defaultPropagation
  const others = finalizers.filter((each) => each !== orphan && each !== foreground)
  if (policy === 'Orphan') return [...others, orphan]
  return policy === 'Foreground' ? [...others, foreground] : others
}

function terminating(machinery: Machinery, call: Call, live: Unstructured, nowMs: number): Removal {
  if (live.metadata.deletionTimestamp !== undefined) return { kind: 'ending', object: live }
  const status = { ...(live['status'] as object | undefined), phase: 'Terminating' }
  return written(machinery, call, { ...live, metadata: tidyMetadata({ ...live.metadata, deletionTimestamp: timeText(nowMs) }), status })
}

function marked(machinery: Machinery, call: Call, live: Unstructured, metadata: ObjectMeta): Removal {
  const tidy = tidyMetadata(metadata)
  return equalJson(tidy, live.metadata) ? { kind: 'ending', object: live } : written(machinery, call, { ...live, metadata: tidy })
}

function written({ store }: Machinery, call: Call, object: Unstructured): Removal {
  const { kind, dryRun } = call
  if (dryRun) return { kind: 'ending', object }
  return { kind: 'ending', object: served(kind, store.put(kind.storedAs, keyOf(call, object), kept(kind, object))) }
}

function gone({ store }: Machinery, call: Call, live: Unstructured): Removal {
  if (call.dryRun) return { kind: 'gone', object: live }
  return { kind: 'gone', object: served(call.kind, store.remove(call.kind.storedAs, keyOf(call, live))) }
}

function keyOf({ kind, namespace }: Call, { metadata }: Unstructured): string {
  return keyText({ namespace: kind.namespaced ? namespace : undefined, name: metadata.name })
}
