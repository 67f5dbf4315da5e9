// What a write of the same bytes costs as a latin1 string and as a Buffer. Usage: node bench/micro/write.ts
import { connect, createServer, type Socket } from 'node:net'
import type {} from '../../src/edge/http1/latin1.ts'

const rounds = 5
const writes = 20_000

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** A connection whose other end reads and forgets. */
async function pair(): Promise<{ socket: Socket; close(): void }> {
  const server = createServer((peer) => peer.resume())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const socket = connect(address.port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  return {
    socket,
    close() {
      socket.destroy()
      server.close()
    },
  }
}

/** CPU per write in µs, the reading end included. */
async function measure(socket: Socket, write: () => boolean): Promise<number> {
  const before = cpuMicros()
  for (let i = 0; i < writes; i++) {
    if (!write()) await new Promise((resolve) => socket.once('drain', resolve))
    if (i % 32 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return (cpuMicros() - before) / writes
}

const { socket, close } = await pair()
console.log('bytes   string   copied Buffer   (µs of CPU per write, best of rounds)')
for (const size of [256, 1024, 4096, 15_000, 65_536]) {
  const source = Buffer.alloc(size, 120)
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < rounds; round++) {
    best[0] = Math.min(best[0]!, await measure(socket, () => socket.write(source.latin1Slice(0, size), 'latin1')))
    best[1] = Math.min(best[1]!, await measure(socket, () => socket.write(Buffer.from(source))))
  }
  console.log(`${String(size).padStart(5)}  ${best[0]!.toFixed(2).padStart(7)}  ${best[1]!.toFixed(2).padStart(14)}`)
}
close()
