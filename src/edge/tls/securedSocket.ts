import { Socket } from 'node:net'
import { TLSSocket, type TLSSocketOptions } from 'node:tls'
import { type Arrival, type OnRead, socketOf, type TcpHandle } from '../arrival.ts'

export type SecuredOptions = TLSSocketOptions & { readonly highWaterMark: number; readonly allowHalfOpen: boolean; readonly onread: OnRead }

type TlsHandle = { readonly _parent: TcpHandle }
type Wrap = (this: TLSSocket, wrapped: Socket | null, handle: TcpHandle | undefined, isWriting: boolean) => TlsHandle

const { _wrapHandle: wrapHandle } = TLSSocket.prototype as unknown as { readonly _wrapHandle?: Wrap }

/** What the constructor that runs now is to wrap: it asks for that before it returns. */
let taken: TcpHandle | undefined

/**
 * A TLS socket right on a connection's handle, as those are which node's clients open. The documented way, a TLS socket around a plain one, makes two
 * sockets of each connection, and knows no `onread`. Should node ever change inside, or where there is a socket already, it is gone all the same.
 */
export class SecuredSocket extends TLSSocket {
  /** Below the encryption. */
  bytesReceived = 0
  readonly #tcp: TcpHandle

  constructor(arrival: Arrival, options: SecuredOptions) {
    const isDirect = wrapHandle !== undefined && !(arrival instanceof Socket)
    taken = isDirect ? arrival : undefined
    super((isDirect ? undefined : socketOf(arrival, options.onread)) as Socket, options)
    taken = undefined
    this.#tcp = (this as unknown as { readonly _handle: TlsHandle })._handle._parent
    // A socket made without another takes itself for one that has to connect.
    ;(this as { connecting: boolean }).connecting = false
  }

  _wrapHandle(wrapped: Socket | null, handle: TcpHandle | undefined, isWriting: boolean): TlsHandle {
    return wrapHandle!.call(this, wrapped, handle ?? taken, isWriting)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.bytesReceived = this.#tcp.bytesRead
    super._destroy(error, done)
  }

  /** What a TLS socket cannot do by itself: a broken-off response must not look like a whole one. */
  override resetAndDestroy(): this {
    this.#tcp.close = this.#tcp.reset
    return this.destroy()
  }
}
