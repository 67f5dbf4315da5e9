import { healthAt } from '../counters.ts'
import { available, type Health } from './ejection.ts'

/** An endpoint as the backends see it that name it. */
export type Member = {
  readonly health: Health
  readonly inFlight: number
  /** Since when it has taken part: new among others, it gets its share by and by. */
  readonly joinedMs: number
}

/** The endpoints of a backend on one worker, and which of them get requests: worked out anew when one goes out or comes back, not per request. */
export class EndpointSet<E extends Member> {
  readonly all: readonly E[]
  /** Empty: none accepts connections. */
  usable: readonly E[]
  /** Some of `usable` are to get less than their full share. */
  warming = false
  readonly slowStartMs: number
  readonly #block: Float64Array

  constructor(all: readonly E[], block: Float64Array, slowStartMs: number) {
    this.all = all
    this.usable = all
    this.slowStartMs = slowStartMs
    this.#block = block
  }

  /** Its table is in use: what is out already was counted before. */
  begin(nowMs: number): void {
    this.usable = available(this.all)
    this.#show(nowMs)
  }

  renew(nowMs: number): void {
    const before = this.usable
    this.usable = available(this.all)
    for (const endpoint of before) if (!this.usable.includes(endpoint)) this.#block[healthAt.ejections]!++
    this.#show(nowMs)
  }

  #show(nowMs: number): void {
    this.#block[healthAt.ejected] = this.all.length - this.usable.length
    const warm = this.usable.filter(({ joinedMs }) => nowMs - joinedMs >= this.slowStartMs).length
    this.warming = warm > 0 && warm < this.usable.length
  }

  /** No table has it any more; one that comes after it may have the same counters. */
  leave(): void {
    this.#block[healthAt.ejected] = 0
  }
}
