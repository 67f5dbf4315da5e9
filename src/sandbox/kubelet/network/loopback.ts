import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Addresses of this machine alone that no other pod and no other sandbox has. */
export type Addresses = {
  /** Own addresses per pod; false: all share 127.0.0.1, and each port is another one in truth. */
  readonly areOwn: boolean
  take(): Promise<string>
  give(ip: string): void
  /** One that nobody listens on now. */
  freePort(): Promise<number>
  stop(): void
}

/** Blocks of 254 addresses each, the first 127.64.0.0/24; a block is ours while we hold a socket on its last address, so it is free again however we end. */
const blockCount = 64 * 256
const blockSize = 254
/** Of the socket that stands for a block; the second where something else is bound to the first on all addresses. */
const claimPorts = [52_761, 47_529]
const refusedInARow = 64

export function openAddresses(areOwn: boolean): Addresses {
  const claims: Socket[] = []
  const free: string[] = []
  const taken = new Set<string>()
  let nextBlock = 0
  let claiming: Promise<void> = Promise.resolve()

  async function claimBlock(): Promise<void> {
    for (const port of claimPorts) {
      const firstTried = nextBlock
      for (let tries = 0; tries < refusedInARow && nextBlock < blockCount; tries++) {
        const block = nextBlock++
        const prefix = `127.${64 + (block >> 8)}.${block & 255}`
        const socket = await claim(`${prefix}.255`, port)
        if (socket === undefined) continue
        claims.push(socket)
        for (let last = 1; last <= blockSize; last++) free.push(`${prefix}.${last}`)
        return
      }
      nextBlock = firstTried
    }
    throw new Error('no loopback address is left for a pod: every block of 127.64.0.0/10 is held by another sandbox')
  }

  return {
    areOwn,
    async take() {
      if (!areOwn) return '127.0.0.1'
      // One after the other, so that two who find none claim one block.
      claiming = claiming
        .catch(() => undefined)
        .then(async () => {
          if (free.length === 0) await claimBlock()
        })
      await claiming
      const ip = free.shift()
      if (ip === undefined) return this.take()
      taken.add(ip)
      return ip
    },
    // At the end: an address comes back late, when nobody holds connections to it any more.
    give(ip) {
      if (taken.delete(ip)) free.push(ip)
    },
    freePort,
    stop() {
      for (const socket of claims.splice(0)) socket.close()
    },
  }
}

/** Undefined: somebody has it. */
async function claim(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4')
  const bound = once(socket, 'listening')
  socket.bind({ address, port, exclusive: true })
  try {
    await bound
    socket.on('error', () => undefined)
    socket.unref()
    return socket
  } catch (error) {
    socket.close()
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') return undefined
    throw error
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
