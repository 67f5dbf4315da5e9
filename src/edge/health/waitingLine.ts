import { healthAt } from '../counters.ts'

type Place<E> = { readonly exchange: E; readonly block: Float64Array; readonly deadlineMs: number }

/** Exchanges that wait for a connection to an endpoint, first come first served; each is counted in its backend's block for as long. */
export class WaitingLine<E> {
  readonly #places: Place<E>[] = []

  get length(): number {
    return this.#places.length
  }

  get first(): E | undefined {
    return this.#places[0]?.exchange
  }

  join(exchange: E, block: Float64Array, deadlineMs: number): void {
    this.#places.push({ exchange, block, deadlineMs })
    block[healthAt.queued]!++
  }

  leave(exchange: E): void {
    const index = this.#places.findIndex((place) => place.exchange === exchange)
    if (index < 0) return
    const [left] = this.#places.splice(index, 1)
    left!.block[healthAt.queued]!--
  }

  /** Those that have waited as long as they may. */
  overdue(nowMs: number): E[] {
    return this.#places.filter(({ deadlineMs }) => deadlineMs <= nowMs).map(({ exchange }) => exchange)
  }
}
