import { connect, createServer, type Socket } from 'node:net'

/** Stands between an edge and its API server, and parts them. */
export type Gate = {
  readonly port: number
  /** Everything passes. */
  open(): void
  /** Connections break, and new ones are refused at once. */
  refuse(): void
  /** Connections stay, new ones are taken, and no byte passes: half-open, as by a firewall. */
  silence(): void
  close(): Promise<void>
}

export async function startGate(target: number): Promise<Gate> {
  let mode: 'open' | 'refused' | 'silent' = 'open'
  const pairs = new Set<readonly [Socket, Socket]>()
  const server = createServer((client) => {
    client.on('error', () => client.destroy())
    if (mode === 'refused') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(target, '127.0.0.1')
    upstream.on('error', () => upstream.destroy())
    const pair = [client, upstream] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [upstream, client]] as const) {
      from.on('data', (bytes) => void to.write(bytes))
      from.on('close', () => {
        pairs.delete(pair)
        if (mode !== 'silent') to.destroy()
      })
    }
    if (mode === 'silent') for (const socket of pair) socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = (): void => {
    for (const socket of [...pairs].flat()) socket.destroy()
  }
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    open() {
      mode = 'open'
      for (const socket of [...pairs].flat()) socket.resume()
    },
    refuse() {
      mode = 'refused'
      cut()
    },
    silence() {
      mode = 'silent'
      for (const socket of [...pairs].flat()) socket.pause()
    },
    close() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
