import { StringDecoder } from 'node:string_decoder'
import type { KubeObject } from '../api/meta.ts'
import { openDeadline } from '../lib/deadline.ts'
import { type KubeClient, type Parse, queryOf } from './client.ts'
import { errorOfStatus, KubeError, noAnswer, readStatus } from './errors.ts'
import { pathOf, type Resource } from './resource.ts'

export type WatchEvent<T> =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: T }
  /** Nothing changed; this is how far the watch has come. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }

export type WatchOptions = {
  /** Absent: all of them. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** What is known already. */
  readonly resourceVersion: string
  /** When the server is to end the watch. */
  readonly timeoutS: number
  readonly signal: AbortSignal
  /** Reads an event; `JSON.parse` if absent. */
  readonly parse?: Parse
}

/** A server that has ended the watch in time says so within this; one that has not is gone (half-open connections tell nothing). */
const graceMs = 5_000
/** A line beyond is no event: etcd holds 1.5 MiB at most. */
const longestLine = 16 * 1024 * 1024

/**
 * Events since `resourceVersion`, until the server ends the watch. Throws a KubeError: `gone` where that version is too old, whether the server says
 * so by status or by event; `noAnswer` where the connection breaks, or is silent beyond the time that was agreed.
 */
export async function* watch<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void> {
  const { namespace, timeoutS, signal: outer, parse = JSON.parse, ...query } = options
  const path = pathOf(resource, { namespace }) + queryOf({ ...query, watch: true, allowWatchBookmarks: true, timeoutSeconds: timeoutS })
  const attempt = `watch ${resource.name}`
  const deadline = openDeadline(timeoutS * 1_000 + graceMs, outer)
  try {
    const reply = await client.open(path, { signal: deadline.signal })
    for await (const line of linesOf(reply.body, attempt)) yield eventIn<T>(parsed(line, attempt, parse), line, attempt)
  } catch (error) {
    outer.throwIfAborted()
    if (deadline.isOver()) throw noAnswer(attempt, new Error(`silent beyond the ${timeoutS} s that were agreed`))
    throw error instanceof KubeError ? error : noAnswer(attempt, error)
  } finally {
    deadline.release()
  }
}

async function* linesOf(body: AsyncIterable<Buffer>, attempt: string): AsyncGenerator<string, void> {
  const decoder = new StringDecoder('utf8')
  let partial = ''
  for await (const bytes of body) {
    const text = decoder.write(bytes)
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const line = partial + text.slice(start, end)
      partial = ''
      start = end + 1
      if (line !== '') yield line
    }
    partial += start === 0 ? text : text.slice(start)
    if (partial.length > longestLine)
      throw new KubeError({ kind: 'unavailable', message: `${attempt}: a line of more than ${longestLine} characters` })
  }
  // A line without its end was cut off: what it would have told comes again with the next watch.
}

function eventIn<T extends KubeObject>({ type, object }: RawEvent, line: string, attempt: string): WatchEvent<T> {
  switch (type) {
    case 'ADDED':
      return { kind: 'added', object: object as T }
    case 'MODIFIED':
      return { kind: 'modified', object: object as T }
    case 'DELETED':
      return { kind: 'deleted', object: object as T }
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: (object as T).metadata.resourceVersion ?? '' }
    case 'ERROR': {
      const status = readStatus(object)
      throw status === undefined ? malformed(line, attempt) : errorOfStatus(status, attempt)
    }
    default:
      throw malformed(line, attempt)
  }
}

type RawEvent = { readonly type?: unknown; readonly object?: unknown }

function parsed(line: string, attempt: string, parse: Parse): RawEvent {
  try {
    const value: unknown = parse(line)
    if (typeof value === 'object' && value !== null && 'object' in value && typeof value.object === 'object' && value.object !== null) return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw malformed(line, attempt)
}

/** Never passed over: what was in it would be lost. The watch begins again from the last event that was understood. Not quoted: it may hold a secret. */
function malformed(line: string, attempt: string): KubeError {
  return new KubeError({ kind: 'unavailable', message: `${attempt}: a line of ${line.length} characters that is no event` })
}
