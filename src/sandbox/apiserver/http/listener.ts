import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { ApiError } from '../apiError.ts'
import type { ServingCertificate } from '../auth/certificate.ts'
import { type Answer, refusal, writeAnswer } from './answer.ts'
import { type Api, askedOf, dispatch, surprise } from './dispatch.ts'
import type { View } from './negotiate.ts'

export type ListenerOptions = {
  readonly api: Api
  readonly certificate: ServingCertificate
  readonly port: number
  /** Resolves when everything written so far would survive; an answer waits for it. Rejects with an ApiError. */
  readonly settled: () => Promise<void>
  readonly onError: (what: string, error: unknown) => void
}

export type Listener = {
  readonly port: number
  /** Ends watches, lets other requests finish, and cuts what is left after the deadline. */
  stop(deadlineMs: number): Promise<void>
}

export async function listen(options: ListenerOptions): Promise<Listener> {
  const { certPem, keyPem } = options.certificate
  const ending = new AbortController()
  const server = createServer({ cert: certPem, key: keyPem, minVersion: 'TLSv1.2' }, (request, response) => {
    answer(options, { request, response, ending: ending.signal }).catch((error: unknown) => {
      options.onError(`${request.method} ${request.url}`, error)
      response.destroy()
    })
  })
  // Watches are answers without end; a client that pauses between requests keeps its connection for long, as with the real server.
  server.requestTimeout = 60_000
  server.keepAliveTimeout = 120_000
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, stop: (deadlineMs) => stop(server, ending, deadlineMs) }
}

async function stop(server: Server, ending: AbortController, deadlineMs: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  ending.abort()
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), deadlineMs)
  try {
    await closed
  } finally {
    clearTimeout(cut)
  }
}

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly ending: AbortSignal }

async function answer({ api, settled, onError }: ListenerOptions, { request, response, ending }: Exchange): Promise<void> {
  const warnings: string[] = []
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const signal = AbortSignal.any([ending, gone.signal])
  let found: Answer
  let retryAfterSeconds: number | undefined
  try {
    found = await dispatch(api, askedOf(request, signal), (text) => void warnings.push(text))
    await settled()
  } catch (error) {
    // A client who has gone took the rest of his body along.
    if (gone.signal.aborted) return
    if (!(error instanceof ApiError)) onError(`${request.method} ${request.url}`, error)
    const refused = error instanceof ApiError ? error : surprise()
    retryAfterSeconds = refused.retryAfterSeconds
    found = refusal(refused, askedMedia(request))
  }
  if (found.kind === 'drop') return void response.destroy()
  // Whoever is done keeps no connection open that is to end.
  if (ending.aborted) response.shouldKeepAlive = false
  if (found.kind === 'stream') return runStream(found, response, signal)
  writeAnswer(response, found, { warnings, isPretty: isPretty(request), retryAfterSeconds })
}

async function runStream({ run }: Extract<Answer, { readonly kind: 'stream' }>, response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await run(response, signal)
  } catch (error) {
    if (!signal.aborted) throw error
    response.destroy()
  }
}

/** A refusal has the form that was asked for, if there is one such. */
function askedMedia({ headers: { accept = '' } }: IncomingMessage): View['media'] {
  return accept.startsWith('application/yaml') ? 'yaml' : 'json'
}

/** People with curl or a browser read what they get. */
function isPretty({ url = '', headers }: IncomingMessage): boolean {
  const asked = /[?&]pretty=(\w+)/.exec(url)?.[1]
  if (asked !== undefined) return asked !== '0' && asked !== 'false'
  return /^(curl|Mozilla|Wget)\b/.test(headers['user-agent'] ?? '')
}
