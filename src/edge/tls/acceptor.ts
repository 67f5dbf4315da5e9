import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls'
import type { Context, WaitingClient } from '../context.ts'
import { workerAt } from '../counters.ts'
import type { Entry } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import type { PeerLog } from '../peerLog.ts'
import type { ToldAddresses } from '../proxyProtocol/header.ts'
import { type Accept, bufferedBytes, serve } from '../server.ts'
import type { Table } from '../table.ts'
import type { Contexts } from './contexts.ts'

type EdgeContext = Context<Table<Exchange>>

export type Security = { readonly contexts: Contexts; readonly extra: string; readonly log: PeerLog }

/** Takes connections whose requests are served once a handshake is done. */
export function secureAccept(security: Security): Accept {
  const { contexts } = security
  const options: TLSSocketOptions & { readonly highWaterMark: number } = {
    isServer: true,
    secureContext: contexts.usual.context,
    // With one certificate there is nothing to ask: the question would interrupt every handshake.
    ...(contexts.areSeveral ? { SNICallback: (servername, done) => done(null, otherContext(contexts, servername)) } : {}),
    // RFC 7301 §3.2: a client that offers others only is told so by the alert no_application_protocol; one that offers none gets HTTP/1.1.
    ALPNProtocols: ['http/1.1'],
    highWaterMark: bufferedBytes,
  }
  return (context, raw, told) => void new Handshake(context, raw, options, security, told)
}

/** Undefined: the usual one. What is thrown here would end the process (CVE-2026-21637): nothing a client sends is worth that. */
function otherContext(contexts: Contexts, servername: string): SecureContext | undefined {
  try {
    const presented = contexts.forName(servername)
    return presented === contexts.usual ? undefined : presented.context
  } catch {
    return undefined
  }
}

/** A connection from its first byte to the end of the handshake; counted and swept as a client, so that the limits hold for it too. */
class Handshake implements WaitingClient {
  deadlineMs: number
  readonly #context: EdgeContext
  readonly #raw: Socket
  readonly #secured: TLSSocket
  readonly #security: Security
  readonly #told: ToldAddresses | undefined
  readonly #peer: string
  #over = false

  constructor(context: EdgeContext, raw: Socket, options: TLSSocketOptions, security: Security, told: ToldAddresses | undefined) {
    this.#context = context
    this.#raw = raw
    this.#security = security
    // Asked now: a connection that was reset tells it no more.
    this.#told = told
    this.#peer = told?.source ?? raw.remoteAddress ?? ''
    context.nowMs = performance.now()
    this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
    context.clients.add(this)
    this.#secured = new TLSSocket(raw, options)
    this.#secured.once('secure', this.#succeed)
    this.#secured.on('error', this.#fail)
    this.#secured.on('close', this.#close)
  }

  #succeed = (): void => {
    this.#settle()
    this.#context.counters[workerAt.handshakes]!++
    this.#secured.removeListener('error', this.#fail)
    this.#secured.removeListener('close', this.#close)
    // An attempt at it is an error, and so the end: what it costs the server is what floods are made of (CVE-2011-1473).
    this.#secured.disableRenegotiation()
    // Errors after the handshake do not end the socket by themselves, and come as this event where the socket is made by hand.
    this.#secured.on('_tlsError', destroy)
    // What a TLS socket cannot do for want of a TCP handle of its own: a broken-off response must not look like a whole one.
    const raw = this.#raw
    this.#secured.resetAndDestroy = function resetAndDestroy(this: TLSSocket) {
      raw.resetAndDestroy()
      return this
    }
    serve(this.#context, this.#secured, this.#entry(), this.#told)
  }

  #entry(): Entry {
    const { contexts, extra } = this.#security
    const { servername } = this.#secured as { readonly servername?: string | false | null }
    const name = typeof servername === 'string' ? servername : ''
    return { scheme: 'https', redirectPort: 0, extra, misdirects: (host) => contexts.misdirects(name, host) }
  }

  #fail = (error: Error): void => {
    this.#failed('code' in error ? String(error.code) : error.message)
  }

  #close = (): void => {
    this.#failed('closed')
  }

  /** Those who only look whether the port is open, as load balancers do, have not failed. */
  #failed(reason: string): void {
    if (this.#over) return
    this.#settle()
    if (this.#raw.bytesRead === 0) return
    this.#context.counters[workerAt.handshakeFailures]!++
    this.#security.log(reason, this.#peer)
  }

  #settle(): void {
    this.#over = true
    this.#context.clients.delete(this)
  }

  expire(): void {
    this.#failed('late')
    this.destroy()
  }

  drain(): void {
    this.destroy()
  }

  destroy(): void {
    this.#secured.destroy()
  }
}

function destroy(this: TLSSocket): void {
  this.destroy()
}
