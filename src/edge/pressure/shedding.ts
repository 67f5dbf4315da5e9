import type { LimitKind } from '../counters.ts'
import type { Admission } from './admission.ts'

/** What a worker turns away at present: set by each sample, asked for each connection and request. Of n in a row, the share to within one. */
export class Shedding {
  /** Shares of what comes, 0 to 1; nearly always 0. */
  ofConnections = 0
  ofRequests = 0
  connectionLimit: LimitKind = 'overload'
  requestLimit: LimitKind = 'overload'
  /** Connections that came, whatever became of them. */
  came = 0
  #connectionsOwed = 0
  #requestsOwed = 0

  use({ connections, requests, isShort, isExhausted }: Admission): void {
    this.ofConnections = isExhausted.on ? 1 : connections
    this.ofRequests = isShort.on ? 1 : requests
    this.connectionLimit = isExhausted.on ? 'memory' : 'overload'
    this.requestLimit = isShort.on ? 'memory' : 'overload'
  }

  /** Whether this connection is one of those. */
  takesConnection(): boolean {
    this.#connectionsOwed += this.ofConnections
    if (this.#connectionsOwed < 1) return false
    this.#connectionsOwed--
    return true
  }

  takesRequest(): boolean {
    this.#requestsOwed += this.ofRequests
    if (this.#requestsOwed < 1) return false
    this.#requestsOwed--
    return true
  }
}
