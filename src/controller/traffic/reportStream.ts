import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { parseReport, type TrafficReport } from '../../core/routing/report.ts'
import { type Backoff, backoffMs } from '../../lib/backoff.ts'
import { openLines } from './lines.ts'

export type ReportStreamTimes = {
  /** Until the head of the answer has come. */
  readonly headMs: number
  /** Without a whole line: one is promised every second. */
  readonly silenceMs: number
  readonly backoff: Backoff
}
export const reportStreamTimes: ReportStreamTimes = { headMs: 5_000, silenceMs: 5_000, backoff: { firstMs: 100, longestMs: 5_000 } }

/** In bytes. Beyond: no edge writes such a line. Tens of thousands of splits fit. */
const defaultLongestLine = 32 * 1024 * 1024

export type ReportStreamOptions = {
  /** Of the admin address. */
  readonly url: string
  /** Read again for each connection, since it is renewed; undefined: none is sent. */
  readonly tokenFile: string | undefined
  readonly dispatcher: Dispatcher
  onReport(report: TrafficReport): void
  /** Each time that nothing more comes, with the reason. What the edge says of itself is not to be trusted: cut, and without control characters. */
  onTrouble(reason: string): void
  readonly times?: Partial<ReportStreamTimes>
  readonly longestLine?: number
}

/** Reads what an edge reports, and after each failure goes on from where it was, until the signal aborts; never rejects. */
export async function readReports(options: ReportStreamOptions, signal: AbortSignal): Promise<void> {
  const times = { ...reportStreamTimes, ...options.times }
  let cursor: Cursor | undefined
  let failures = 0
  while (!signal.aborted) {
    try {
      for await (const report of reportsSince(cursor, { ...options, times }, signal)) {
        cursor = { instance: report.instance, text: report.cursor }
        failures = 0
        options.onReport(report)
      }
      throw new Error('the edge has ended the stream')
    } catch (error) {
      if (signal.aborted) return
      failures++
      // What does not follow from what is known may come of a wrong cursor.
      if (error instanceof Mistaken) cursor = undefined
      options.onTrouble(reasonOf(error))
      await delay(backoffMs(times.backoff, failures, Math.random), undefined, { signal }).catch(() => undefined)
    }
  }
}

type Cursor = { readonly instance: string; readonly text: string }
type Asked = ReportStreamOptions & { readonly times: ReportStreamTimes }

class Mistaken extends Error {}

/** One connection. */
async function* reportsSince(cursor: Cursor | undefined, asked: Asked, outer: AbortSignal): AsyncGenerator<TrafficReport> {
  const { times, longestLine = defaultLongestLine } = asked
  const over = new AbortController()
  const abort = (): void => over.abort(outer.reason)
  outer.addEventListener('abort', abort, { once: true })
  const late = (ms: number, what: string): NodeJS.Timeout => setTimeout(() => over.abort(new Error(`${what} within ${ms / 1_000} s`)), ms)
  let timer = late(times.headMs, 'no answer')
  try {
    const body = await ask(cursor, asked, over.signal)
    clearTimeout(timer)
    timer = late(times.silenceMs, 'no line')
    const lines = openLines(longestLine)
    let instance = cursor?.instance
    for await (const chunk of body) {
      for (const line of lines.add(chunk as Buffer)) {
        timer.refresh()
        const report = reportIn(line, instance)
        instance = report.instance
        yield report
      }
      if (lines.isTooLong()) throw new Mistaken(`a line of more than ${longestLine} bytes`)
    }
  } catch (error) {
    throw over.signal.aborted && over.signal.reason instanceof Error ? over.signal.reason : error
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', abort)
    // Whoever stops reading, for whatever reason, lets the connection go.
    over.abort()
  }
}

async function ask(
  cursor: Cursor | undefined,
  { url, tokenFile, dispatcher, times }: Asked,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData['body']> {
  const { origin, pathname } = new URL(url)
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile, signal)
  const { statusCode, body } = await dispatcher.request({
    origin,
    path: `${pathname.replace(/\/+$/, '')}/v1/reports${cursor === undefined ? '' : `?${new URLSearchParams({ since: cursor.text })}`}`,
    method: 'GET',
    headers: { accept: 'application/x-ndjson', 'user-agent': 'spillway', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    headersTimeout: times.headMs,
    bodyTimeout: 0,
    signal,
  })
  if (statusCode === 200) return body
  // The body may be anything, and of any length; what it is about stands in the status.
  body.destroy()
  body.on('error', () => undefined)
  throw new Error(`HTTP ${statusCode}${meanings[statusCode] ?? ''}`)
}

const meanings: Readonly<Record<number, string>> = {
  401: ': the edge does not know the token',
  403: ': the edge does not trust this controller',
  404: ': this is no edge, or one of another release',
  503: ': the edge cannot check the token now, or has too many readers',
}

/** What the line says, given whose line was before it; without one it has to be whole. */
function reportIn(line: string, instance: string | undefined): TrafficReport {
  const parsed = parseReport(line)
  if (!parsed.ok) throw new Mistaken(`a line that is no report: ${parsed.mistake}`)
  const { report } = parsed
  if (!report.complete && report.instance !== instance) throw new Mistaken('a line that goes on from what nobody has told')
  return report
}

async function readToken(path: string, signal: AbortSignal): Promise<string> {
  try {
    return (await readFile(path, { encoding: 'utf8', signal })).trim()
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(`${path}, the token for edges, cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function reasonOf(error: unknown): string {
  const { message = String(error), code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  const text = (message || code || 'unknown trouble').replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
