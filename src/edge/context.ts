import type { AccessLog } from './accessLog/accessLog.ts'
import type { Limits, Timeouts, TrafficPolicy } from './config.ts'
import { RequestHead } from './http1/requestHead.ts'
import { ResponseHead } from './http1/response.ts'
import { AddressCounts } from './pressure/addressCounts.ts'
import { Shedding } from './pressure/shedding.ts'

/** A connection as the sweep sees it. */
export type Waiting = {
  /** When to give up on what it waits for, by `Context.nowMs`; 0 = not waiting. */
  readonly deadlineMs: number
  /** The deadline has passed. */
  expire(): void
  destroy(): void
}

export type WaitingClient = Waiting & {
  /** Ends an idle connection; any other ends after its exchange. */
  drain(): void
}

/** Something that has to be over by a certain time, however much goes on. */
export type Timed = { readonly totalDeadlineMs: number; outOfTime(): void }

type Settings = { readonly limits: Limits; readonly timeouts: Timeouts; readonly policy: TrafficPolicy }

const twoDigits = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/** What all connections of a worker share. `T` is the routing table, which only the clients' side reads. */
export class Context<T extends Settings = Settings> {
  table: T
  requestHead: RequestHead
  responseHead: ResponseHead
  readonly counters: Float64Array
  readonly clients = new Set<WaitingClient>()
  readonly upstreams = new Set<Waiting>()
  readonly timed = new Set<Timed>()
  readonly instanceId: string
  /** The field that this edge adds to every request it forwards. */
  readonly via: string
  /** Each answer tells its client that the connection ends with it. */
  leaving = false
  /** No connection is accepted any more, and none to an upstream is kept. */
  draining = false
  /** Asked for each connection and request. */
  readonly shedding = new Shedding()
  readonly perAddress = new AddressCounts()
  /** Absent: switched off. */
  accessLog: AccessLog | undefined = undefined
  /** Monotonic milliseconds, as of the latest event that read the clock: exact enough for deadlines. */
  nowMs = performance.now()
  /** Counts turns of the event loop in which an idle upstream connection was put to use. */
  turn = 0
  /** Reads since the turn began. */
  readsInTurn = 0
  #turnScheduled = false
  #requestIds = 0
  /** All but the last two digits. */
  #requestIdStart = ''
  readonly #requestIdPrefix: string

  constructor(table: T, counters: Float64Array, instanceId: string, requestIdPrefix: string) {
    this.table = table
    this.counters = counters
    this.instanceId = `spillway-${instanceId}`
    this.via = `Via: 1.1 ${this.instanceId}\r\n`
    this.#requestIdPrefix = requestIdPrefix
    this.requestHead = new RequestHead(table.limits)
    this.responseHead = new ResponseHead(table.limits)
  }

  use(table: T): void {
    if (table.limits.headers !== this.table.limits.headers) {
      this.requestHead = new RequestHead(table.limits)
      this.responseHead = new ResponseHead(table.limits)
    }
    this.table = table
  }

  /** 32 hexadecimal digits, unique among all workers: half drawn at start, half counted. */
  newRequestId(): string {
    const low = this.#requestIds & 255
    if (low === 0)
      this.#requestIdStart =
        this.#requestIdPrefix +
        Math.floor(this.#requestIds / 256)
          .toString(16)
          .padStart(14, '0')
    this.#requestIds++
    return this.#requestIdStart + twoDigits[low]!
  }

  /** Notes that an idle connection is put to use in this turn of the event loop; see `UpstreamConnection.isStale`. */
  markTurn(): number {
    if (!this.#turnScheduled) {
      this.#turnScheduled = true
      setImmediate(nextTurn, this)
    }
    return this.turn
  }

  endTurn(): void {
    this.#turnScheduled = false
    this.turn++
    this.readsInTurn = 0
  }
}

function nextTurn(context: Context): void {
  context.endTurn()
}
