import { createServer } from 'node:net'

/** Given by no system to clients or to listeners on port 0, of which a bench has tens of thousands: what is free here stays free. */
const first = 20_000
const last = 31_999
let next = first + Math.floor(Math.random() * (last - first))

/** Distinct free loopback ports: programs like NGINX cannot say which one they got when asked for port 0. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = []
  for (let tries = first; tries <= last && found.length < count; tries++) {
    if (await isFree(next)) found.push(next)
    next = next === last ? first : next + 1
  }
  if (found.length < count) throw new Error(`fewer than ${count} free ports from ${first} to ${last}`)
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
