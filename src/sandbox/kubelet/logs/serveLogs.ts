import type { ServerResponse } from 'node:http'
import { ApiError, badRequest, type FieldError, invalid } from '../../apiserver/apiError.ts'
import type { Answer } from '../../apiserver/http/answer.ts'
import type { SubresourceHandler } from '../../apiserver/http/apiRequest.ts'
import type { LogRequest } from './podLog.ts'

export type ReadLogs = (request: LogRequest, signal: AbortSignal) => AsyncIterable<Buffer>

/** Answers `GET …/pods/NAME/log`. */
export function serveLogs(read: ReadLogs): SubresourceHandler {
  return ({ method, target, query }): Answer => {
    if (method !== 'GET')
      throw new ApiError({ code: 405, reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource' })
    const name = target.name ?? ''
    const request = { ...logQuery(query, name), namespace: target.namespace ?? '', pod: name }
    const ended = new AbortController()
    // What is wrong with the request is told before the answer begins.
    const log = read(request, ended.signal)
    return { kind: 'stream', run: (response, signal) => send(log, response, signal, ended) }
  }
}

async function send(log: AsyncIterable<Buffer>, response: ServerResponse, signal: AbortSignal, ended: AbortController): Promise<void> {
  const stop = (): void => ended.abort()
  signal.addEventListener('abort', stop)
  response.once('close', stop)
  if (signal.aborted) stop()
  response.writeHead(200, { 'Cache-Control': 'no-cache, private', 'Content-Type': 'text/plain' })
  response.flushHeaders()
  for await (const part of log) {
    if (ended.signal.aborted) break
    if (!response.write(part)) await drained(response, ended.signal)
  }
  signal.removeEventListener('abort', stop)
  response.end()
}

function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.on('drain', done)
    signal.addEventListener('abort', done)
  })
}

/** PodLogOptions from a query. Throws as the server does for what they may not be. */
export function logQuery(query: URLSearchParams, pod: string): Omit<LogRequest, 'namespace' | 'pod'> {
  const [tailLines, limitBytes, sinceSeconds] = ['tailLines', 'limitBytes', 'sinceSeconds'].map((name) => integer(query, name))
  const sinceTime = query.get('sinceTime')
  const errors: FieldError[] = []
  const refuse = (field: string, value: number, because: string): void => {
    errors.push({ field, reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${because}` })
  }
  if (tailLines !== undefined && tailLines < 0) refuse('tailLines', tailLines, 'must be greater than or equal to 0')
  if (limitBytes !== undefined && limitBytes < 1) refuse('limitBytes', limitBytes, 'must be greater than 0')
  if (sinceSeconds !== undefined && sinceSeconds < 1) refuse('sinceSeconds', sinceSeconds, 'must be greater than 0')
  if (sinceSeconds !== undefined && sinceTime !== null)
    errors.push({ field: '', reason: 'FieldValueForbidden', message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified' })
  if (errors.length > 0) throw invalid({ group: '', plural: 'pods', kind: 'PodLogOptions', name: pod }, errors)
  const container = query.get('container')
  return {
    ...(container !== null && { container }),
    previous: isSet(query, 'previous'),
    follow: isSet(query, 'follow'),
    timestamps: isSet(query, 'timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceSeconds !== undefined && { sinceSeconds }),
    ...(sinceTime !== null && { sinceTime }),
  }
}

/** As Go reads queries: whatever is not false is true. */
function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name)
  return value !== null && value !== 'false' && value !== '0' && value !== ''
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}
