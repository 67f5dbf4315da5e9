import type { Event, EventType } from '../api/event.ts'
import type { KubeObject } from '../api/meta.ts'
import type { ObjectReference } from '../api/objectReference.ts'
import { timestampOf } from '../api/time.ts'
import { openCorrelator } from '../lib/correlator.ts'
import { ApiError } from './apiserver/apiError.ts'
import type { Cluster } from './cluster.ts'

export type Told = { readonly type: EventType; readonly reason: string; readonly message: string }

/** Tells users what happened to an object, as Events beside it. Never in the way: what the cluster refuses is left. */
export type EventRecorder = { record(about: ObjectReference, told: Told): void }

export type EventRecorderOptions = {
  readonly cluster: Cluster
  /** Who tells: `deployment-controller`. */
  readonly component: string
  /** The node, where one tells. */
  readonly host?: string
  readonly nowMs: () => number
}

/** A container is named by `fieldPath`: `spec.containers{web}`. */
export function referenceTo(
  { metadata }: KubeObject,
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
  fieldPath?: string,
): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    kind,
    ...(namespace !== undefined && { namespace }),
    name,
    ...(uid !== undefined && { uid }),
    apiVersion,
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(fieldPath !== undefined && { fieldPath }),
  }
}

/** The same told again becomes a count of one Event. */
export function openEventRecorder({ cluster, component, host, nowMs }: EventRecorderOptions): EventRecorder {
  const correlator = openCorrelator<Event>()
  let serial = 0

  /** As client-go names them: by the nanosecond, which a counter stands for here. */
  function nameFor(about: ObjectReference, atMs: number): string {
    serial = (serial + 1) % 1_000_000
    return `${about.name}.${(BigInt(Math.trunc(atMs)) * 1_000_000n + BigInt(serial)).toString(16)}`
  }

  function eventAbout(about: ObjectReference, told: Told, atMs: number): Event {
    const time = timestampOf(atMs)
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: nameFor(about, atMs), namespace: about.namespace || 'default' },
      involvedObject: about,
      ...told,
      source: { component, ...(host !== undefined && { host }) },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    }
  }

  function write(fresh: Event, previous: Event | undefined): Event {
    const { namespace, name } = (previous ?? fresh).metadata
    const kept = previous === undefined ? undefined : cluster.find<Event>('events', { namespace, name })
    if (kept === undefined) return cluster.create('events', fresh)
    const { message, lastTimestamp = null } = fresh
    return cluster.update('events', { ...kept, message, lastTimestamp, count: (kept.count ?? 1) + 1 })
  }

  return {
    record(about, told) {
      const atMs = nowMs()
      const object = `${about.kind} ${about.namespace ?? ''}/${about.name} ${about.uid ?? ''} ${about.fieldPath ?? ''}`
      const news = correlator.correlate({ object, ...told }, atMs)
      if (news === undefined) return
      try {
        news.remember(write(eventAbout(about, { ...told, message: news.message }, atMs), news.previous))
      } catch (error) {
        // A namespace that ends takes no events.
        if (!(error instanceof ApiError)) throw error
      }
    },
  }
}
