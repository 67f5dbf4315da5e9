import { createServer, type Server } from 'node:net'
import { bufferedBytes } from './arrival.ts'
import type { ListenAddress } from './config.ts'
import { mostWaiting } from './pressure/crowd.ts'

/** Sockets that listen on one address side by side; the system deals out those who connect. */
export type Doors = { readonly doors: readonly Server[]; readonly port: number }

/** Of one worker; of all workers, so that the system's table of listening sockets stays short. */
const mostDoors = 16
const mostOfAll = 128
const fewestDoors = 2

/**
 * libuv accepts one connection per socket and round of the event loop. A busy worker makes some hundred rounds a second: with one socket it takes
 * no more newcomers than that, though each may cost it little, and lets the others wait. Each door adds one per round.
 */
export async function openDoors(address: ListenAddress, workers: number): Promise<Doors> {
  const count = doorsOf(workers)
  const isShared = count > 1
  // Sockets that share an address let another edge share it as well: where no other worker is meant to, an address in use is told.
  if (isShared && workers === 1 && address.port !== 0) await closed(await listen(address, address.port, false))
  const first = await listen(address, address.port, isShared)
  const doors = [first]
  const port = portOf(first, address.port)
  try {
    while (doors.length < count) doors.push(await listen(address, port, true))
  } catch (error) {
    for (const door of doors) door.close()
    throw error
  }
  return { doors, port }
}

function doorsOf(workers: number): number {
  if (process.platform !== 'linux') return 1
  return Math.max(fewestDoors, Math.min(mostDoors, Math.floor(mostOfAll / workers)))
}

function listen({ host }: ListenAddress, port: number, reusePort: boolean): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: bufferedBytes })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: mostWaiting, reusePort }, () => {
      server.removeListener('error', reject)
      resolve(server)
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

function portOf(server: Server, asked: number): number {
  const bound = server.address()
  return bound !== null && typeof bound === 'object' ? bound.port : asked
}
