import type { ServerResponse } from 'node:http'
import { STATUS_CODES } from './http.ts'

export type AdminAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Present: instead of the body this writes, as long as it likes, once the head has gone out. */
  readonly stream?: (response: ServerResponse) => void
}

/** `detail`: what is wrong; `fix`: what to send instead. */
export type Refusal = { readonly detail: string; readonly fix: string; readonly [extension: string]: unknown }

export function text(status: number, body: string, contentType = 'text/plain; charset=utf-8'): AdminAnswer {
  return { status, headers: { 'Content-Type': contentType }, body }
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): AdminAnswer {
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: `${JSON.stringify(value, undefined, 2)}\n` }
}

/** RFC 9457, with a `fix` beside the `detail`. */
export function problem(status: number, refusal: Refusal, headers: Readonly<Record<string, string>> = {}): AdminAnswer {
  const answer = json(status, { status, title: STATUS_CODES[status] ?? 'Error', ...refusal }, headers)
  return { ...answer, headers: { ...answer.headers, 'Content-Type': 'application/problem+json' } }
}
