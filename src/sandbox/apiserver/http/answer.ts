import type { ServerResponse } from 'node:http'
import { stringify } from 'yaml'
import type { ApiError } from '../apiError.ts'
import { plainJson, type View } from './negotiate.ts'
import { failure } from './status.ts'

/** What a request comes to. */
export type Answer =
  | { readonly kind: 'object'; readonly code: number; readonly object: object; readonly media?: View['media'] }
  | { readonly kind: 'text'; readonly code: number; readonly text: string; readonly contentType?: string }
  | { readonly kind: 'bytes'; readonly code: number; readonly bytes: Uint8Array; readonly headers: Readonly<Record<string, string>> }
  /** No answer: the connection breaks. */
  | { readonly kind: 'drop' }
  /** Writes the answer itself, head included, until it is done or the signal says stop. */
  | { readonly kind: 'stream'; readonly run: (response: ServerResponse, signal: AbortSignal) => Promise<void> }

export function refusal(error: ApiError, media: View['media'] = plainJson.media): Answer {
  return { kind: 'object', code: error.code, object: failure(error), media }
}

export type Manner = {
  /** Told in `Warning` fields. */
  readonly warnings: readonly string[]
  /** Indented, for people with curl. */
  readonly isPretty: boolean
  readonly retryAfterSeconds: number | undefined
}

export function writeAnswer(response: ServerResponse, answer: Exclude<Answer, { readonly kind: 'stream' | 'drop' }>, manner: Manner): void {
  if (answer.kind === 'bytes') {
    response.writeHead(answer.code, { 'Cache-Control': 'no-cache, private', ...answer.headers, 'Content-Length': answer.bytes.length })
    response.end(answer.bytes)
    return
  }
  const [text, contentType] =
    answer.kind === 'text'
      ? [answer.text, answer.contentType ?? 'text/plain; charset=utf-8']
      : encoded(answer.object, answer.media ?? 'json', manner.isPretty)
  const body = Buffer.from(text)
  if (manner.warnings.length > 0) response.setHeader('Warning', manner.warnings.map(warning))
  if (manner.retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(manner.retryAfterSeconds))
  response.writeHead(answer.code, { 'Cache-Control': 'no-cache, private', 'Content-Type': contentType, 'Content-Length': body.length })
  response.end(body)
}

function encoded(object: object, media: View['media'], isPretty: boolean): readonly [text: string, contentType: string] {
  if (media === 'yaml') return [stringify(object, { version: '1.1', aliasDuplicateObjects: false, sortMapEntries: true }), 'application/yaml']
  return [isPretty ? JSON.stringify(object, null, 2) : `${JSON.stringify(object)}\n`, 'application/json']
}

/** RFC 9110 §5.5: what is no visible character would end the field. */
function warning(text: string): string {
  const quoted = text.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, ' ')
  return `299 - "${quoted}"`
}
