import type { Endpoint } from '../core/routing/types.ts'
import type { TrafficPolicy } from './config.ts'
import type { Context } from './context.ts'
import {
  afterAnswer,
  afterConnection,
  afterFailure,
  afterMissedProbe,
  afterProbe,
  afterRefusal,
  type Health,
  isProbeDue,
  sound,
} from './health/ejection.ts'
import { EndpointSet } from './health/endpointSet.ts'
import type { Notice } from './health/notices.ts'
import { WaitingLine } from './health/waitingLine.ts'
import { type Carrying, type Home, UpstreamConnection } from './upstream.ts'

/** Of `take`: any idle connection will do, or none. */
export const anyIdle = Number.POSITIVE_INFINITY
export const noneIdle = -1

/** What the pools of a worker share. */
type Keeper<E> = {
  readonly carrying: Carrying<E>
  readonly notice: Notice
  /** To be looked after by the sweep. */
  readonly watched: Set<EndpointPool<E>>
}

/** One address that requests go to, with its connections: one per address and worker, shared by all backends that name it. */
export class EndpointPool<E> implements Home<E> {
  readonly host: string
  readonly port: number
  readonly carrying: Carrying<E>
  /** Requests and tunnels under way on this worker. */
  inFlight = 0
  health: Health = sound
  /** Something is held against it: it is to hear of good answers too. */
  troubled = false
  joinedMs = Number.NEGATIVE_INFINITY
  /** Of the table in use, those that it is in. */
  sets: EndpointSet<EndpointPool<E>>[] = []
  readonly #keeper: Keeper<E>
  /** No table names it any more: its connections close once they are done. */
  #retired = false
  /** Connections, idle ones included. */
  #open = 0
  /** Connections that wait for a request, the latest used last. */
  readonly #idle: UpstreamConnection<E>[] = []
  readonly #line = new WaitingLine<E>()
  #serving = false
  #probe: UpstreamConnection<E> | undefined = undefined
  /** By which it went out. */
  #policy: TrafficPolicy | undefined = undefined

  constructor(endpoint: Endpoint, keeper: Keeper<E>) {
    this.host = endpoint.host
    this.port = endpoint.port
    this.carrying = keeper.carrying
    this.#keeper = keeper
  }

  /** A connection that has been idle for at most so long, else a new one; undefined at the limit. One that is to begin with a header is new. */
  take(context: Context, policy: TrafficPolicy, idleMaximumMs: number): UpstreamConnection<E> | undefined {
    const idle = policy.proxyProtocol === 'none' ? this.#idle.pop() : undefined
    if (idle !== undefined) {
      if (idleMaximumMs === anyIdle || context.nowMs - idle.idleSinceMs <= idleMaximumMs) {
        // Made for another split, maybe: the shorter patience holds.
        if (idle.idleMs > policy.upstreamIdleMs) idle.idleMs = policy.upstreamIdleMs
        return idle
      }
      this.#idle.push(idle)
    }
    if (this.#open >= policy.upstreamConnections) {
      const oldest = this.#idle[0]
      if (oldest === undefined) return undefined
      oldest.destroy()
    }
    return new UpstreamConnection<E>(context, this, policy)
  }

  hasRoom(policy: TrafficPolicy): boolean {
    return this.#idle.length > 0 || this.#open < policy.upstreamConnections
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return this.#line.length
  }

  /** Has it wait until there is a connection for it; false: too many wait. */
  queue(exchange: E, policy: TrafficPolicy, block: Float64Array, nowMs: number): boolean {
    if (this.#line.length >= policy.queue || policy.queueMs === 0) return false
    this.#line.join(exchange, block, nowMs + policy.queueMs)
    this.#keeper.watched.add(this)
    return true
  }

  leaveQueue(exchange: E): void {
    this.#line.leave(exchange)
  }

  #serve(): void {
    if (this.#line.length === 0 || this.#serving) return
    this.#serving = true
    for (let first = this.#line.first; first !== undefined && this.carrying.vacant(first); first = this.#line.first) this.#line.leave(first)
    this.#serving = false
  }

  opened(): void {
    this.#open++
  }

  closed(connection: UpstreamConnection<E>): void {
    this.#open--
    if (connection === this.#probe) this.#probe = undefined
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#serve()
  }

  connected(connection: UpstreamConnection<E>): void {
    const isProbe = connection === this.#probe
    if (isProbe) this.#probe = undefined
    if (!this.troubled) return
    const { nowMs } = connection.context
    this.#become((isProbe ? afterProbe : afterConnection)(this.health, nowMs, connection.policy), nowMs)
  }

  refused(connection: UpstreamConnection<E>): void {
    const { nowMs } = connection.context
    this.#policy = connection.policy
    this.#become((connection === this.#probe ? afterMissedProbe : afterRefusal)(this.health, nowMs, connection.policy), nowMs)
  }

  /** A request came to nothing, though there was a connection. */
  failed(policy: TrafficPolicy, nowMs: number): void {
    this.#policy = policy
    this.#become(afterFailure(this.health, nowMs, policy), nowMs)
  }

  /** A good answer. */
  answered(nowMs: number): void {
    this.#become(afterAnswer(this.health, nowMs), nowMs)
  }

  #become(health: Health, nowMs: number): void {
    const before = this.health
    this.health = health
    this.troubled = health !== sound
    if (this.#retired || evidenceOf(before) === evidenceOf(health)) return
    if (health.kind === 'in') this.joinedMs = nowMs
    for (const set of this.sets) set.renew(nowMs)
    if (health.kind === 'out') this.#keeper.watched.add(this)
    if (before.kind !== health.kind) this.#tell(before, health, nowMs)
  }

  #tell(before: Health, health: Health, nowMs: number): void {
    const endpoint = `${this.host}:${this.port}`
    const used = this.sets.every((set) => set.usable.includes(this))
    if (health.kind === 'out')
      this.#keeper.notice('warn', used ? 'an endpoint fails, and is used for want of others' : 'an endpoint is out of use', {
        endpoint,
        why: health.why,
      })
    else if (before.kind === 'out')
      this.#keeper.notice('info', 'an endpoint is in use again', { endpoint, afterMs: Math.round(nowMs - before.sinceMs) })
  }

  /** What is due by the clock; false: nothing more to look after. */
  care(context: Context): boolean {
    for (const exchange of this.#line.overdue(context.nowMs)) this.carrying.waitedTooLong(exchange)
    const wanted = this.health.kind === 'out' && !this.#retired
    if (wanted && !context.draining && this.#probe === undefined && isProbeDue(this.health, context.nowMs)) this.#sendProbe(context)
    return wanted || this.#line.length > 0
  }

  #sendProbe(context: Context): void {
    const policy = this.#policy!
    if (this.#open < policy.upstreamConnections) this.#probe = new UpstreamConnection<E>(context, this, policy)
    // All connections are there: as good as a new one.
    else this.#become(afterProbe(this.health, context.nowMs, policy), context.nowMs)
  }

  keep(connection: UpstreamConnection<E>): boolean {
    if (this.#retired && this.#line.length === 0) return false
    this.#idle.push(connection)
    this.#serve()
    return true
  }

  retire(): void {
    this.#retired = true
    // Its sets share their counters with those of the tables to come.
    this.sets = []
    for (const connection of [...this.#idle]) connection.destroy()
  }
}

function evidenceOf(health: Health): string {
  return health.kind === 'in' ? 'in' : health.why
}

function keyOf({ host, port }: Endpoint): string {
  return `${host} ${port}`
}

/** The endpoints of a worker, by address. */
export class Endpoints<E> {
  readonly #keeper: Keeper<E>
  #pools = new Map<string, EndpointPool<E>>()
  #named = new Map<string, EndpointPool<E>>()
  #sets: EndpointSet<EndpointPool<E>>[] = []
  #namedSets: EndpointSet<EndpointPool<E>>[] = []

  constructor(carrying: Carrying<E>, notice: Notice) {
    this.#keeper = { carrying, notice, watched: new Set() }
  }

  /** `joins`: to a backend that is in use already; what is new there begins slowly. */
  set(endpoints: readonly Endpoint[], block: Float64Array, slowStartMs: number, joins: boolean): EndpointSet<EndpointPool<E>> {
    const set = new EndpointSet(
      endpoints.map((endpoint) => this.#pool(endpoint, joins)),
      block,
      slowStartMs,
    )
    this.#namedSets.push(set)
    return set
  }

  /** A set of the table in use stays as it is in the next one. */
  keep(set: EndpointSet<EndpointPool<E>>): void {
    for (const pool of set.all) this.#named.set(keyOf(pool), pool)
    this.#namedSets.push(set)
  }

  #pool(endpoint: Endpoint, joins: boolean): EndpointPool<E> {
    const key = keyOf(endpoint)
    const known = this.#named.get(key) ?? this.#pools.get(key)
    const pool = known ?? new EndpointPool(endpoint, this.#keeper)
    if (known === undefined && joins) pool.joinedMs = performance.now()
    this.#named.set(key, pool)
    return pool
  }

  /** Called once a table that was built with `set` and `keep` is in use: retires what it did not name. */
  settle(): void {
    for (const [key, pool] of this.#pools) if (!this.#named.has(key)) pool.retire()
    for (const set of this.#sets) set.leave()
    this.#pools = this.#named
    this.#sets = this.#namedSets
    this.discard()
    const nowMs = performance.now()
    for (const pool of this.#pools.values()) pool.sets = []
    for (const set of this.#sets) {
      for (const pool of set.all) pool.sets.push(set)
      set.begin(nowMs)
    }
  }

  /** Forgets the names of a table that came to nothing. */
  discard(): void {
    this.#named = new Map()
    this.#namedSets = []
  }

  /** Probes, waits that are over, and endpoints that have come to their full share. */
  sweep(context: Context): void {
    for (const pool of this.#keeper.watched) if (!pool.care(context)) this.#keeper.watched.delete(pool)
    for (const set of this.#sets) if (set.warming) set.renew(context.nowMs)
  }
}
