import type { KubeObject } from '../api/meta.ts'
import { openCorrelator } from '../lib/correlator.ts'
import { openDeadline, unlessAborted } from '../lib/deadline.ts'
import type { KubeClient } from './client.ts'
import { isKubeError } from './errors.ts'
import { apiVersionOf, events, type Resource } from './resource.ts'

/** core/v1 Event, as `kubectl describe` shows it. */
export type KubeEvent = KubeObject & {
  readonly involvedObject: {
    readonly apiVersion: string
    readonly kind: string
    readonly namespace?: string
    readonly name: string
    readonly uid?: string
  }
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly source: { readonly component: string }
  readonly reportingComponent: string
  readonly reportingInstance: string
}

export type Told = { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }

/** Tells users what happened to an object. Never in the way: what cannot be written is counted and left. */
export type Recorder = {
  record(resource: Resource, about: KubeObject, told: Told): void
  /** Resolves when all that was recorded so far is written, or given up, which it is after `withinMs`. */
  flush(withinMs?: number): Promise<void>
  dropped(): number
}

export type RecorderOptions = {
  readonly client: KubeClient
  /** Of this program. */
  readonly component: string
  readonly instance: string
  onFailure?(error: unknown): void
  /** Events about one object that are told at once; then one more every 5 minutes. As many as client-go's unless given. */
  readonly burst?: number
  readonly now?: () => Date
}

const queuedMaximum = 1_000
const timeoutMs = 10_000
const flushMs = 5_000
/** Names of objects are 253 characters long at most, and events add 17. */
const nameMaximum = 230

export function openRecorder(options: RecorderOptions): Recorder {
  const { client, component, instance, onFailure, now = () => new Date() } = options
  const correlator = openCorrelator<KubeEvent>(options.burst)
  let queued = 0
  let dropped = 0
  let written: Promise<void> = Promise.resolve()
  let serial = 0
  /** Aborts what is under way. */
  let flushing = new AbortController()

  async function write(event: KubeEvent, isNew: boolean): Promise<void> {
    const call = { timeoutMs, signal: flushing.signal }
    try {
      if (isNew) {
        await client.create(events, event, call)
        return
      }
      const { namespace, name } = event.metadata
      const body = { count: event.count, message: event.message, lastTimestamp: event.lastTimestamp }
      await client.patch(events, { ...(namespace && { namespace }), name }, { kind: 'merge', body }, call)
    } catch (error) {
      if (!isNew && isKubeError(error, 'notFound')) {
        // The server keeps events for an hour: begin another.
        await client.create(events, event, call)
        return
      }
      throw error
    } finally {
      queued--
    }
  }

  function eventAbout(resource: Resource, about: KubeObject, told: Told, message: string, at: Date): KubeEvent {
    const { namespace, name, uid } = about.metadata
    const time = at.toISOString().replace(/\.\d+Z$/, 'Z')
    return {
      metadata: {
        name: `${name.slice(0, nameMaximum)}.${at.getTime().toString(16)}${(serial++ & 0xffff).toString(16).padStart(4, '0')}`,
        namespace: namespace || 'default',
      },
      involvedObject: { apiVersion: apiVersionOf(resource), kind: resource.kind, ...(namespace && { namespace }), name, ...(uid && { uid }) },
      type: told.type,
      reason: told.reason,
      message: message.slice(0, 1_024),
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component },
      reportingComponent: component,
      reportingInstance: instance,
    }
  }

  return {
    record(resource, about, told) {
      const at = now()
      const nowMs = at.getTime()
      const object = `${resource.kind} ${about.metadata.namespace ?? ''}/${about.metadata.name} ${about.metadata.uid ?? ''}`
      const news = queued >= queuedMaximum ? undefined : correlator.correlate({ object, ...told }, nowMs)
      if (news === undefined) {
        dropped++
        return
      }
      const fresh = eventAbout(resource, about, told, news.message, at)
      const before = news.previous
      const event = before === undefined ? fresh : { ...before, count: before.count + 1, message: fresh.message, lastTimestamp: fresh.lastTimestamp }
      news.remember(event)
      queued++
      written = written
        .then(() => write(event, before === undefined))
        .catch((error: unknown) => {
          dropped++
          onFailure?.(error)
        })
    },
    async flush(withinMs = flushMs) {
      const deadline = openDeadline(withinMs, undefined)
      const given = flushing
      try {
        await unlessAborted(deadline.signal, written).catch(() => given.abort())
        await written
      } finally {
        deadline.release()
      }
      if (given.signal.aborted) flushing = new AbortController()
    },
    dropped: () => dropped,
  }
}
