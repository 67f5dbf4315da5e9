import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Backend } from './backends.ts'

/** Takes connections at one address and passes each on to a backend, in turn. */
export type Relay = { readonly host: string; readonly port: number; close(): Promise<void> }

export type RelayOptions = {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** As they are now. */
  readonly backends: () => readonly Backend[]
}

const connectMs = 5_000

/** Rejects if the address cannot be had. */
export async function openRelay({ host, port, backends }: RelayOptions): Promise<Relay> {
  const open = new Set<Socket>()
  let turn = 0

  async function pass(client: Socket): Promise<void> {
    const targets = backends()
    const first = turn++
    for (let tried = 0; tried < targets.length && !client.destroyed; tried++) {
      const target = targets[(first + tried) % targets.length]!
      const upstream = await dial(target)
      if (upstream === undefined) continue
      join(client, upstream)
      return
    }
    client.destroy()
  }

  function keep(socket: Socket): void {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  }

  function join(client: Socket, upstream: Socket): void {
    keep(upstream)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.once('close', () => {
        if (!from.readableEnded) to.destroy()
      })
    }
    if (client.destroyed) upstream.destroy()
  }

  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    keep(client)
    client.setNoDelay(true)
    client.on('error', () => client.destroy())
    void pass(client)
  })
  server.listen({ host, port, exclusive: true })
  await once(server, 'listening')
  const address = server.address() as { readonly port: number }
  return {
    host,
    port: address.port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}

function dial({ ip, port }: Backend): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port, allowHalfOpen: true, noDelay: true })
    const late = setTimeout(() => socket.destroy(), connectMs)
    socket.once('connect', () => {
      clearTimeout(late)
      resolve(socket)
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      clearTimeout(late)
      resolve(undefined)
    })
  })
}
