import { createServer } from 'node:net'

/** Where the second try goes: 8080 → 18080. */
const secondTryOffset = 10_000
const lastPort = 65_535

/** In order: `wanted`, `wanted` + 10000, and 0 for whatever the system has free once it is bound; never one of `reserved`. */
export function portTries(wanted: number, reserved: readonly number[] = []): readonly number[] {
  const named = wanted === 0 ? [] : [wanted, wanted + secondTryOffset]
  return [...named.filter((port) => port <= lastPort && !reserved.includes(port)), 0]
}

/** The first that can be listened on; whoever binds it next has it. 0 always can. */
export async function firstFree(host: string, tries: readonly number[]): Promise<number> {
  for (const port of tries) if (port === 0 || (await isFree(host, port))) return port
  return 0
}

/** The line that a user reads when another port is used; undefined when there is nothing to tell. */
export function portNote(wanted: number, used: number): string | undefined {
  return wanted === 0 || wanted === used ? undefined : `${wanted} is taken, using ${used} instead`
}

/** What `listen` fails with when another port may do. EACCES: one that only an administrator may open is as good as taken. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (isTaken(error)) resolve(false)
      else reject(new Error(`try port ${port} on ${host}`, { cause: error }))
    })
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
