import type { Endpoint } from '../core/routing/types.ts'
import type { Context } from './context.ts'
import { UpstreamConnection } from './upstream.ts'

/** How long an endpoint that refused a connection is passed over, unless all of its backend's are. */
const refusedMs = 1000

/** One address that requests go to, with its connections: one per address and worker, shared by all backends that name it. */
export class EndpointPool {
  readonly host: string
  readonly port: number
  /** Requests and tunnels under way on this worker. */
  inFlight = 0
  /** Connections, idle ones included. */
  open = 0
  /** Connections that wait for a request, the latest used last. */
  readonly idle: UpstreamConnection[] = []
  /** Not to be tried before this time (`Context.nowMs`), because it did not accept a connection. */
  downUntilMs = 0
  /** No table names it any more: its connections close once they are done. */
  retired = false

  constructor(endpoint: Endpoint) {
    this.host = endpoint.host
    this.port = endpoint.port
  }

  /** An idle connection, or a new one; undefined at the limit. */
  take(context: Context, fresh: boolean): UpstreamConnection | undefined {
    if (!fresh) {
      for (let connection = this.idle.pop(); connection !== undefined; connection = this.idle.pop()) if (!connection.closed) return connection
    }
    if (this.open >= context.table.limits.upstreamConnections) return undefined
    return new UpstreamConnection(context, this)
  }

  connectionRefused(nowMs: number): void {
    this.downUntilMs = nowMs + refusedMs
  }

  /** Keeps a connection for the next request; false when it is to be closed. */
  keep(connection: UpstreamConnection): boolean {
    if (this.retired) return false
    this.idle.push(connection)
    return true
  }

  forget(connection: UpstreamConnection): void {
    const index = this.idle.indexOf(connection)
    if (index >= 0) this.idle.splice(index, 1)
  }
}

/** The endpoints of a worker, by address. */
export class Endpoints {
  #pools = new Map<string, EndpointPool>()
  #named = new Map<string, EndpointPool>()

  pool(endpoint: Endpoint): EndpointPool {
    const key = `${endpoint.host} ${endpoint.port}`
    const pool = this.#pools.get(key) ?? new EndpointPool(endpoint)
    this.#pools.set(key, pool)
    this.#named.set(key, pool)
    return pool
  }

  /** Called once a table that was built with `pool` is in use: retires what it did not name. */
  settle(): void {
    for (const [key, pool] of this.#pools) {
      pool.retired = !this.#named.has(key)
      if (pool.retired) for (const connection of pool.idle.splice(0)) connection.destroy()
    }
    this.#pools = this.#named
    this.#named = new Map()
  }
}
