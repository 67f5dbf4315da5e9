import { createServer } from 'node:net'

/**
 * Ports from here to `last`, and those 10,000 above, are given by no system to clients or to listeners on port 0: one that was free
 * stays free until the test binds it, but for another test that looks at the same place; where a test begins to look hangs on its process.
 */
const first = 10_000
const last = 17_999
const stride = 61
let next = first + ((process.pid * stride) % (last - first))

/** A free port on 127.0.0.1; none is returned twice. With `alsoFree`, the port that many above it is free too. */
export async function lowPort(alsoFree = 0): Promise<number> {
  for (let tries = first; tries <= last; tries++) {
    const port = next
    next = next === last ? first : next + 1
    if ((await isFree(port)) && (alsoFree === 0 || (await isFree(port + alsoFree)))) return port
  }
  throw new Error(`no free port from ${first} to ${last}`)
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
