import type { Endpoint } from '../core/routing/types.ts'
import type { TrafficPolicy } from './config.ts'
import type { Context } from './context.ts'
import { type Carrying, type Home, UpstreamConnection } from './upstream.ts'

/** How long an endpoint that refused a connection is passed over, unless all of its backend's are. */
const refusedMs = 1000

/** One address that requests go to, with its connections: one per address and worker, shared by all backends that name it. */
export class EndpointPool<E> implements Home<E> {
  readonly host: string
  readonly port: number
  readonly carrying: Carrying<E>
  /** Requests and tunnels under way on this worker. */
  inFlight = 0
  /** Not to be tried before this time (`Context.nowMs`), because it did not accept a connection. */
  downUntilMs = 0
  /** No table names it any more: its connections close once they are done. */
  #retired = false
  /** Connections, idle ones included. */
  #open = 0
  /** Connections that wait for a request, the latest used last. */
  readonly #idle: UpstreamConnection<E>[] = []

  constructor(endpoint: Endpoint, carrying: Carrying<E>) {
    this.host = endpoint.host
    this.port = endpoint.port
    this.carrying = carrying
  }

  /** An idle connection unless it is to be `fresh`, else a new one; undefined at the limit. */
  take(context: Context, policy: TrafficPolicy, fresh: boolean): UpstreamConnection<E> | undefined {
    const idle = fresh ? undefined : this.#idle.pop()
    if (idle !== undefined) return idle
    if (this.#open >= policy.upstreamConnections) return undefined
    return new UpstreamConnection<E>(context, this, policy)
  }

  opened(): void {
    this.#open++
  }

  closed(connection: UpstreamConnection<E>): void {
    this.#open--
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  refused(nowMs: number): void {
    this.downUntilMs = nowMs + refusedMs
  }

  keep(connection: UpstreamConnection<E>): boolean {
    if (this.#retired) return false
    this.#idle.push(connection)
    return true
  }

  retire(): void {
    this.#retired = true
    for (const connection of [...this.#idle]) connection.destroy()
  }
}

/** The endpoints of a worker, by address. */
export class Endpoints<E> {
  readonly #carrying: Carrying<E>
  #pools = new Map<string, EndpointPool<E>>()
  #named = new Map<string, EndpointPool<E>>()

  constructor(carrying: Carrying<E>) {
    this.#carrying = carrying
  }

  pool(endpoint: Endpoint): EndpointPool<E> {
    const key = `${endpoint.host} ${endpoint.port}`
    const pool = this.#named.get(key) ?? this.#pools.get(key) ?? new EndpointPool(endpoint, this.#carrying)
    this.#named.set(key, pool)
    return pool
  }

  /** Called once a table that was built with `pool` is in use: retires what it did not name. */
  settle(): void {
    for (const [key, pool] of this.#pools) if (!this.#named.has(key)) pool.retire()
    this.#pools = this.#named
    this.#named = new Map()
  }

  /** Forgets the names of a table that came to nothing. */
  discard(): void {
    this.#named = new Map()
  }
}
