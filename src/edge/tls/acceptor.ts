import type { SecureContext } from 'node:tls'
import { type Arrival, bufferedBytes } from '../arrival.ts'
import type { Context, WaitingClient } from '../context.ts'
import { workerAt } from '../counters.ts'
import type { Entry } from '../entry.ts'
import type { Exchange } from '../exchange.ts'
import type { PeerLog } from '../peerLog.ts'
import type { ToldAddresses } from '../proxyProtocol/header.ts'
import { type Accept, onread, serve } from '../server.ts'
import type { Table } from '../table.ts'
import type { Contexts } from './contexts.ts'
import { type SecuredOptions, SecuredSocket } from './securedSocket.ts'

type EdgeContext = Context<Table<Exchange>>

export type Security = { readonly contexts: Contexts; readonly extra: string; readonly log: PeerLog }

/** Takes connections whose requests are served once a handshake is done. */
export function secureAccept(security: Security): Accept {
  const { contexts } = security
  const options: SecuredOptions = {
    isServer: true,
    secureContext: contexts.usual.context,
    // With one certificate there is nothing to ask: the question would interrupt every handshake.
    ...(contexts.areSeveral ? { SNICallback: (servername, done) => done(null, otherContext(contexts, servername)) } : {}),
    // RFC 7301 §3.2: a client that offers others only is told so by the alert no_application_protocol; one that offers none gets HTTP/1.1.
    ALPNProtocols: ['http/1.1'],
    highWaterMark: bufferedBytes,
    allowHalfOpen: true,
    onread,
  }
  return (context, arrival, told) => void new Handshake(context, arrival, options, security, told)
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
  readonly #secured: Shaking
  readonly #security: Security
  readonly #told: ToldAddresses | undefined
  readonly #peer: string

  constructor(context: EdgeContext, arrival: Arrival, options: SecuredOptions, security: Security, told: ToldAddresses | undefined) {
    this.#context = context
    this.#security = security
    this.#told = told
    context.nowMs = performance.now()
    this.deadlineMs = context.nowMs + context.table.timeouts.requestHeadMs
    context.clients.add(this)
    const secured: Shaking = new SecuredSocket(arrival, options)
    this.#secured = secured
    // Asked now: a connection that was reset tells it no more.
    this.#peer = told?.source ?? secured.remoteAddress ?? ''
    secured.handshake = this
    secured.on('secure', onSecure)
    secured.on('error', onError)
    secured.on('close', onClose)
    // Errors after the handshake do not end the socket by themselves, and come as this event where the socket is made by hand.
    secured.on('_tlsError', onTlsError)
  }

  succeed(): void {
    this.#settle()
    this.#context.counters[workerAt.handshakes]!++
    // An attempt at it is an error, and so the end: what it costs the server is what floods are made of (CVE-2011-1473).
    this.#secured.disableRenegotiation()
    serve(this.#context, this.#secured, this.#entry(), this.#told)
  }

  #entry(): Entry {
    const { contexts, extra } = this.#security
    const { servername } = this.#secured as { readonly servername?: string | false | null }
    const name = typeof servername === 'string' ? servername : ''
    return { scheme: 'https', redirectPort: 0, extra, misdirects: (host) => contexts.misdirects(name, host) }
  }

  /** Those who only look whether the port is open, as load balancers do, have not failed. */
  fail(reason: string): void {
    this.#settle()
    if (this.#secured.bytesReceived === 0) return
    this.#context.counters[workerAt.handshakeFailures]!++
    this.#security.log(reason, this.#peer)
  }

  #settle(): void {
    this.#secured.handshake = undefined
    this.#context.clients.delete(this)
  }

  expire(): void {
    this.destroy()
    this.fail('late')
  }

  drain(): void {
    this.destroy()
  }

  destroy(): void {
    this.#secured.destroy()
  }
}

type Shaking = SecuredSocket & { handshake?: Handshake | undefined }

/** Functions of the module, as those of `serve`; they stay when the handshake is over, and are cheaper so than taken away. */
function onSecure(this: Shaking): void {
  this.handshake?.succeed()
}
function onError(this: Shaking, error: Error): void {
  this.handshake?.fail('code' in error ? String(error.code) : error.message)
}
function onClose(this: Shaking): void {
  this.handshake?.fail('closed')
}
function onTlsError(this: Shaking): void {
  if (this.handshake === undefined) this.destroy()
}
