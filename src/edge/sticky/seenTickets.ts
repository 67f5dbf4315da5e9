/** How many a generation holds: two of them take 400 KB at most, for each split and worker. */
const generation = 1_024

/**
 * Tickets that were opened lately, by their text. Where a proxy stands in front, clients share its connections, and each request would be opened
 * anew, at 2 µs. CPU per request with 64 clients in turn, over that by weight: 8 % more, and 18 % without this (keepalive-get-sticky of bench/). Only genuine ones are kept.
 */
export class SeenTickets<T extends { readonly text: string }> {
  #recent = new Map<string, T>()
  #older = new Map<string, T>()

  get(text: string): T | undefined {
    const recent = this.#recent.get(text)
    if (recent !== undefined) return recent
    const older = this.#older.get(text)
    if (older !== undefined) this.add(older)
    return older
  }

  add(ticket: T): void {
    if (this.#recent.size >= generation) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(ticket.text, ticket)
  }
}
