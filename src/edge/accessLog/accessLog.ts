import { addressText } from '../addresses.ts'
import type { AccessLogSettings } from '../config.ts'
import { workerAt } from '../counters.ts'
import { fieldIs, type RequestHead, requestMethods } from '../http1/requestHead.ts'
import { plainAddress } from '../trust.ts'
import { accessLine } from './accessLine.ts'

/** Lines that wait for the main thread; beyond, they are dropped and counted. */
const pendingMaximum = 1_048_576
/** A batch goes at this size at once, else after `flushMs`. */
const batchBytes = 65_536
const flushMs = 100

/** Of the golden ratio, in 32 bits. */
const goldenStep = 0x9e3779b9

/**
 * A worker's side of the access log: lines are made only for sampled requests and collected in memory; the main thread writes them, one
 * batch of a worker at a time. Nothing here waits for anything.
 */
export class AccessLog {
  readonly #counters: Float64Array
  readonly #send: (lines: string) => void
  #sampledBelow = 0
  #query = false
  #sequence = 0
  #pending = ''
  #batchUnderWay = false
  #timer: NodeJS.Timeout | undefined = undefined

  /** `send` hands a batch over; `sent` is to be called once it is written or given up. */
  constructor(counters: Float64Array, send: (lines: string) => void) {
    this.#counters = counters
    this.#send = send
  }

  use(settings: AccessLogSettings): void {
    this.#sampledBelow = settings.sample * 2 ** 32
    this.#query = settings.query
  }

  /** Notes a request for a line at its end; undefined: not sampled. */
  begin(head: RequestHead, address: string | undefined): AccessEntry | undefined {
    return this.#sample() ? new AccessEntry(this, head, address, this.#query) : undefined
  }

  /** A message that was refused before it was a request: who sent it, and why. */
  refused(address: string | undefined, status: number, why: string): void {
    if (this.#sample()) new AccessEntry(this, undefined, address, false).end({ ...nothing, status, why })
  }

  /**
   * Multiples of an irrational number lie evenly in [0, 1), and so does every n-th of them: the share of lines is exact over few requests, and
   * stays so among the requests of one version even though the choice of versions is periodic too.
   */
  #sample(): boolean {
    this.#sequence = (this.#sequence + goldenStep) >>> 0
    return this.#sequence < this.#sampledBelow
  }

  write(line: string): void {
    if (this.#pending.length + line.length > pendingMaximum) {
      this.#counters[workerAt.accessLogDropped]!++
      return
    }
    this.#pending += line
    if (this.#pending.length >= batchBytes) this.flushIfFree()
    else if (!this.#batchUnderWay) this.#timer ??= setTimeout(() => this.flushIfFree(), flushMs)
  }

  sent(): void {
    this.#batchUnderWay = false
    if (this.#pending.length >= batchBytes) this.flushIfFree()
    else if (this.#pending !== '') this.#timer ??= setTimeout(() => this.flushIfFree(), flushMs)
  }

  /** At the end of the worker: all that is left goes, whatever is under way. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pending === '') return
    const lines = this.#pending
    this.#pending = ''
    this.#batchUnderWay = true
    this.#send(lines)
  }

  /** Else `sent` does it. */
  flushIfFree(): void {
    if (this.#batchUnderWay) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    } else this.flush()
  }
}

/** How an exchange ended, for its line. */
export type AccessOutcome = {
  readonly status: number
  readonly why: string
  readonly split: string
  readonly backend: string
  readonly reason: string
  readonly requestBytes: number
  readonly responseBytes: number
  readonly durationMs: number
  readonly upstreamMs: number
  readonly retries: number
  /** As it was sent upstream; '' where it was not. */
  readonly sentHead: string
}

const nothing: AccessOutcome = {
  status: 0,
  why: '',
  split: '',
  backend: '',
  reason: '',
  requestBytes: 0,
  responseBytes: 0,
  durationMs: 0,
  upstreamMs: -1,
  retries: 0,
  sentHead: '',
}

/** A sampled request, as far as its head tells: heads are read anew for each request, so that what the line needs is taken at the beginning. */
export class AccessEntry {
  /** The latest that was tried. */
  endpoint: { readonly host: string; readonly port: number } | undefined = undefined
  readonly #log: AccessLog
  #client: string
  readonly #method: string
  readonly #host: string
  readonly #path: string
  readonly #query: string
  readonly #protocol: string
  readonly #userAgent: string

  constructor(log: AccessLog, head: RequestHead | undefined, address: string | undefined, withQuery: boolean) {
    this.#log = log
    this.#client = plainAddress(address ?? '')
    this.#host = head?.authority ?? ''
    this.#method = head === undefined ? '' : requestMethods[head.method]!
    this.#protocol = head === undefined ? '' : `HTTP/1.${head.minorVersion}`
    const target = head?.target ?? ''
    const query = target.indexOf('?')
    this.#path = query < 0 ? target : target.slice(0, query)
    this.#query = withQuery && query >= 0 ? target.slice(query + 1) : ''
    this.#userAgent = head === undefined ? '' : userAgentOf(head)
  }

  /** Who sent it by the word of trusted proxies; '' where they say nothing usable: then it stays the peer. */
  comesFrom(client: string): void {
    if (client !== '') this.#client = client
  }

  end({ sentHead, ...outcome }: AccessOutcome): void {
    const { endpoint } = this
    this.#log.write(
      accessLine({
        time: new Date(),
        client: this.#client,
        method: this.#method,
        host: this.#host,
        path: this.#path,
        query: this.#query,
        protocol: this.#protocol,
        endpoint: endpoint === undefined ? '' : addressText(endpoint),
        requestId: /\r\nx-request-id:[ \t]*([^\r\n]*)\r\n/i.exec(sentHead)?.[1]?.trimEnd() ?? '',
        userAgent: this.#userAgent,
        ...outcome,
      }),
    )
  }
}

function userAgentOf(head: RequestHead): string {
  const { fields, text } = head
  for (let field = 0; field < fields.count; field++)
    if (fieldIs(text, fields.nameStart(field), fields.nameEnd(field), 'user-agent')) return head.value(field)
  return ''
}
