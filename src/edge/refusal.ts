import type { Socket } from 'node:net'
import { writeTo } from './bulk.ts'
import type { Context } from './context.ts'
import { codeIndex, type LimitKind, workerAt } from './counters.ts'
import type { Origin } from './origin.ts'
import { limitAt } from './record.ts'
import { answerText } from './respond.ts'

/** What is no request, or none that is served. */
export type Refusal = {
  readonly status: number
  /** For the access log. */
  readonly why: string
  /** The limit that was met; undefined: none. */
  readonly limit: LimitKind | undefined
  /** It was a HEAD request. */
  readonly headOnly: boolean
}

type RefusedClient = { readonly context: Context; readonly socket: Socket; readonly extra: string; readonly origin: Pick<Origin, 'peer'> }

/** Tells its sender, and counts it. The connection is to be closed after that. */
export function tellRefusal(client: RefusedClient, refusal: Refusal): void {
  const { context, socket, extra, origin } = client
  const { status, why, limit, headOnly } = refusal
  context.accessLog?.refused(origin.peer.address, status, why)
  context.counters[workerAt.answered + codeIndex[status]!]!++
  if (limit !== undefined) context.counters[limitAt[limit]]!++
  writeTo(socket, answerText({ status, headOnly, close: true, minorVersion: 1, location: '', extra }))
}
