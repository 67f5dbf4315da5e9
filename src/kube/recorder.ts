import type { KubeObject } from '../api/meta.ts'
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
  readonly now?: () => Date
}

/** The same news within this are one event with a count, as client-go has it. */
const sameMs = 600_000
/** Different news of one reason about one object within that time: beyond, they are told as one. */
const similarMaximum = 10
/** What one object may have told, then one more every 5 minutes: as client-go's. */
const burst = 25
const refillMs = 300_000
/** Beyond, the oldest is forgotten: its next news begin a new event. */
const rememberedMaximum = 4_096
const queuedMaximum = 1_000
const timeoutMs = 10_000
const flushMs = 5_000
/** Names of objects are 253 characters long at most, and events add 17. */
const nameMaximum = 230

type Series = { event: KubeEvent; lastMs: number }
type Similar = { messages: Set<string>; sinceMs: number }
type Budget = { left: number; sinceMs: number }

export function openRecorder(options: RecorderOptions): Recorder {
  const { client, component, instance, onFailure, now = () => new Date() } = options
  const series = new Map<string, Series>()
  const similar = new Map<string, Similar>()
  const budgets = new Map<string, Budget>()
  let queued = 0
  let dropped = 0
  let written: Promise<void> = Promise.resolve()
  let serial = 0
  /** Aborts what is under way. */
  let flushing = new AbortController()

  function mayTell(object: string, nowMs: number): boolean {
    const budget = budgets.get(object) ?? { left: burst, sinceMs: nowMs }
    const refilled = Math.floor((nowMs - budget.sinceMs) / refillMs)
    budget.left = Math.min(burst, budget.left + refilled)
    budget.sinceMs += refilled * refillMs
    remember(budgets, object, budget)
    if (budget.left === 0) return false
    budget.left--
    return true
  }

  /** The message to tell: its own, or one that stands for many that differ only in details. */
  function messageFor(key: string, message: string, nowMs: number): string {
    const before = similar.get(key)
    const entry = before === undefined || nowMs - before.sinceMs > sameMs ? { messages: new Set<string>(), sinceMs: nowMs } : before
    entry.messages.add(message)
    remember(similar, key, entry)
    return entry.messages.size > similarMaximum ? `(combined from similar events): ${message}` : message
  }

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
      if (queued >= queuedMaximum || !mayTell(object, nowMs)) {
        dropped++
        return
      }
      const group = `${object} ${told.type} ${told.reason}`
      const message = messageFor(group, told.message, nowMs)
      const isCombined = message !== told.message
      const key = isCombined ? group : `${group} ${message}`
      const before = series.get(key)
      const isNew = before === undefined || nowMs - before.lastMs > sameMs
      const fresh = eventAbout(resource, about, told, message, at)
      const event = isNew ? fresh : { ...before.event, count: before.event.count + 1, message: fresh.message, lastTimestamp: fresh.lastTimestamp }
      remember(series, key, { event, lastMs: nowMs })
      queued++
      written = written
        .then(() => write(event, isNew))
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

/** The latest at the end, the oldest forgotten. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > rememberedMaximum) for (const oldest of map.keys()) return void map.delete(oldest)
}
