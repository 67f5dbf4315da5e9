import type { Socket } from 'node:net'
import { networkOf } from '../clientAddress.ts'
import { plainAddress } from '../trust.ts'

/** How many connections each client has, by the network that it is taken for. */
export class AddressCounts {
  readonly #open = new Map<string, number>()

  of(address: string): number {
    return this.#open.get(networkOf(plainAddress(address))) ?? 0
  }

  /** Counts a connection until it closes; `address`: whom it is for, where that is not its peer. */
  enter(socket: Socket, address: string = socket.remoteAddress ?? ''): void {
    const network = networkOf(plainAddress(address))
    this.#open.set(network, (this.#open.get(network) ?? 0) + 1)
    socket.once('close', () => this.#leave(network))
  }

  #leave(network: string): void {
    const left = this.#open.get(network)! - 1
    if (left > 0) this.#open.set(network, left)
    else this.#open.delete(network)
  }
}
