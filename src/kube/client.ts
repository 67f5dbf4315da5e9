import { setTimeout as delay } from 'node:timers/promises'
import type { KubeObject } from '../api/meta.ts'
import { backoffMs } from '../lib/backoff.ts'
import { openDeadline } from '../lib/deadline.ts'
import { errorFrom, isKubeError, KubeError, noAnswer, withoutQuery } from './errors.ts'
import { type Bucket, giveBack, pace, type Rate, take } from './rateLimit.ts'
import { apiVersionOf, type ObjectRef, pathOf, type Resource } from './resource.ts'
import type { Reply, Transport } from './sending.ts'

/** Objects of any kind, as the API server has them. Rejects with a KubeError, or with the reason of `signal`. */
export type KubeClient = {
  get<T extends KubeObject>(resource: Resource, ref: ObjectRef, options?: ReadOptions): Promise<T>
  /** One page, or all where `limit` is absent. */
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<Page<T>>
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>
  /** Replaces. With a `resourceVersion` only if the object still has it. */
  update<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>
  patch<T extends KubeObject>(resource: Resource, ref: ObjectRef, patch: Patch, options?: WriteOptions): Promise<T>
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>
  /** The answer as it comes, for watches and logs; the caller reads its body, or destroys it. `path` with its query. */
  open(path: string, options: { readonly signal: AbortSignal; readonly accept?: string }): Promise<Reply>
  /** Any other request that reads: discovery, versions. */
  read<T>(path: string, options?: CallOptions & { readonly accept?: string }): Promise<T>
}

/** Throws a SyntaxError for what is no JSON. */
export type Parse = (text: string) => unknown

export type CallOptions = {
  readonly signal?: AbortSignal
  /** For all attempts together; 30 s if absent. */
  readonly timeoutMs?: number
  /** Whoever asks tries again by himself. */
  readonly once?: boolean
}
export type ReadOptions = CallOptions & { readonly subresource?: string; readonly resourceVersion?: string }
export type WriteOptions = CallOptions & {
  readonly subresource?: string
  readonly dryRun?: boolean
  /** Whether fields that the kind does not have are refused; absent: the server drops them. */
  readonly fieldValidation?: 'Strict'
  /** Who owns the fields that are written. */
  readonly fieldManager?: string
}
export type ListOptions = CallOptions & {
  /** Absent: all of them. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'NotOlderThan' | 'Exact'
  /** Reads the answer; `JSON.parse` if absent. */
  readonly parse?: Parse
}
export type DeleteOptions = CallOptions & {
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly gracePeriodSeconds?: number
}

export type Page<T> = {
  readonly items: readonly T[]
  readonly resourceVersion: string
  /** For the next page; undefined: this was the last. */
  readonly continue: string | undefined
}

export type JsonPatchStep =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export type Patch =
  /** RFC 7396. */
  | { readonly kind: 'merge'; readonly body: unknown }
  /** RFC 6902; a `test` that fails is `invalid`. */
  | { readonly kind: 'json'; readonly body: readonly JsonPatchStep[] }
  /** Of built-in kinds alone. */
  | { readonly kind: 'strategic'; readonly body: unknown }
  /** Server-side apply: needs a `fieldManager`. `force` takes fields over from their managers. */
  | { readonly kind: 'apply'; readonly body: unknown; readonly force?: boolean }

const contentTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

/** As upstream's controllers; what is waited for is told to nobody, since it is short. */
export const usualRate: Rate = { perSecond: 40, burst: 80 }
const defaultTimeoutMs = 30_000
const retryBackoff = { firstMs: 250, longestMs: 10_000 }

type Query = Readonly<Record<string, string | number | boolean | undefined>>
type Call = CallOptions & {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  readonly parse?: Parse
}

export function openClient(transport: Transport, rate: Rate = usualRate): KubeClient {
  let bucket: Bucket = { tokens: rate.burst, atMs: performance.now() }

  /** Waits until the limit allows another request. */
  async function admit(signal: AbortSignal): Promise<void> {
    const taken = take(bucket, rate, performance.now())
    bucket = taken.bucket
    if (taken.waitMs <= 0) return
    await delay(taken.waitMs, undefined, { signal }).catch((error: unknown) => {
      bucket = giveBack(bucket, rate)
      throw error
    })
  }

  async function attempt(call: Call, path: string, signal: AbortSignal): Promise<string> {
    await admit(signal)
    const { method, body, contentType = 'application/json', accept } = call
    const content = body === undefined ? {} : { body: JSON.stringify(body), contentType }
    const reply = await transport.send({ method, path, signal, ...content, ...(accept && { accept }) })
    let text: string
    try {
      text = await reply.body.text()
    } catch (error) {
      signal.throwIfAborted()
      throw noAnswer(`${method} ${withoutQuery(path)}`, error)
    }
    if (reply.statusCode >= 300) throw refused(reply, text, `${method} ${withoutQuery(path)}`)
    return text
  }

  /** Tries again what certainly had no effect: reads, and what the server turned away unprocessed. */
  async function call<T>(call: Call): Promise<T> {
    const { signal: outer, timeoutMs = defaultTimeoutMs } = call
    const path = call.path + queryOf(call.query ?? {})
    const deadline = openDeadline(timeoutMs, outer)
    try {
      for (let failures = 1; ; failures++) {
        try {
          return jsonIn<T>(await attempt(call, path, deadline.signal), `${call.method} ${call.path}`, call.parse)
        } catch (error) {
          outer?.throwIfAborted()
          if (deadline.isOver()) throw noAnswer(`${call.method} ${call.path}`, new Error(`no answer within ${timeoutMs} ms`))
          if (call.once === true || !mayRetry(error, call.method)) throw error
          const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(retryBackoff, failures, Math.random))
          // No time for that: what the server said is what the caller is told.
          if (waitMs >= deadline.leftMs()) throw error
          await delay(waitMs, undefined, outer && { signal: outer })
        }
      }
    } finally {
      deadline.release()
    }
  }

  /** Who is told to slow down has no burst left. */
  function refused(reply: Reply, text: string, attempt: string): KubeError {
    if (reply.statusCode === 429 || reply.statusCode >= 500) bucket = pace(bucket)
    return errorFrom(reply.statusCode, reply.headers, text, attempt)
  }

  const write = ({ dryRun, fieldManager, fieldValidation }: WriteOptions): Query => ({
    dryRun: dryRun ? 'All' : undefined,
    fieldManager,
    fieldValidation,
  })

  return {
    get: (resource, { namespace, name }, { subresource, resourceVersion, ...options } = {}) =>
      call({
        ...options,
        method: 'GET',
        path: pathOf(resource, { namespace, name, ...(subresource && { subresource }) }),
        query: { resourceVersion },
      }),
    async list<T extends KubeObject>(
      resource: Resource,
      { namespace, signal, timeoutMs, once = false, parse, ...query }: ListOptions = {},
    ): Promise<Page<T>> {
      const list = await call<List<T>>({
        ...(signal && { signal }),
        ...(timeoutMs && { timeoutMs }),
        ...(parse && { parse }),
        once,
        method: 'GET',
        path: pathOf(resource, { namespace }),
        query,
      })
      return { items: list.items ?? [], resourceVersion: list.metadata?.resourceVersion ?? '', continue: list.metadata?.continue || undefined }
    },
    create: (resource, object, { subresource, ...options } = {}) =>
      call({
        ...options,
        method: 'POST',
        path: pathOf(resource, { namespace: object.metadata.namespace, ...(subresource && { name: object.metadata.name, subresource }) }),
        query: write(options),
        body: { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object },
      }),
    update: (resource, object, { subresource, ...options } = {}) =>
      call({
        ...options,
        method: 'PUT',
        path: pathOf(resource, { namespace: object.metadata.namespace, name: object.metadata.name, ...(subresource && { subresource }) }),
        query: write(options),
        body: { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object },
      }),
    patch: (resource, { namespace, name }, patch, { subresource, ...options } = {}) =>
      call({
        ...options,
        method: 'PATCH',
        path: pathOf(resource, { namespace, name, ...(subresource && { subresource }) }),
        query: { ...write(options), ...(patch.kind === 'apply' && { force: patch.force ?? false }) },
        body: patch.body,
        contentType: contentTypes[patch.kind],
      }),
    async delete(resource, { namespace, name }, { signal, timeoutMs, once = false, ...body } = {}) {
      await call({
        ...(signal && { signal }),
        ...(timeoutMs && { timeoutMs }),
        once,
        method: 'DELETE',
        path: pathOf(resource, { namespace, name }),
        body,
      })
    },
    async open(path, { signal, accept }) {
      await admit(signal)
      const reply = await transport.send({ method: 'GET', path, signal, ...(accept && { accept }) })
      if (reply.statusCode >= 300) throw refused(reply, await reply.body.text(), `GET ${withoutQuery(path)}`)
      return reply
    },
    read: (path, options = {}) => call({ ...options, method: 'GET', path }),
  }
}

type List<T> = { readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }; readonly items?: readonly T[] | null }

export function queryOf(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]))
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`
}

/** Not quoted: it may hold a secret, and so may the parser's own message. */
function jsonIn<T>(text: string, attempt: string, parse: Parse = JSON.parse): T {
  try {
    return parse(text) as T
  } catch {
    throw new KubeError({ kind: 'unavailable', message: `${attempt}: an answer of ${text.length} characters that is no JSON` })
  }
}

/** A write without an answer may have taken effect: only who knows what it was for can tell whether to repeat it. */
function mayRetry(error: unknown, method: string): error is KubeError {
  if (isKubeError(error, 'tooManyRequests')) return true
  if (isKubeError(error, 'unavailable')) return method === 'GET' || (error.status === 503 && error.retryAfterMs !== undefined)
  return method === 'GET' && isKubeError(error, 'noAnswer')
}
