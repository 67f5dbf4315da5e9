import { createServer } from 'node:net'

export type PortChoice = { readonly port: number; readonly wanted: number; readonly wasTaken: boolean }

/** Where the second try goes: 8080 → 18080. */
const secondTryOffset = 10_000
const lastPort = 65_535

/**
 * The first of `wanted`, `wanted` + 10000 and whatever the system has free, that can be listened on and is not in `reserved`.
 * 0 asks the system at once. The port is free when this returns; whoever binds it next has it.
 */
export async function choosePort(host: string, wanted: number, reserved: ReadonlySet<number> = new Set()): Promise<PortChoice> {
  const tries = wanted === 0 ? [] : [wanted, wanted + secondTryOffset].filter((port) => port <= lastPort)
  for (const port of tries) {
    if (!reserved.has(port) && (await probe(host, port)) !== undefined) return { port, wanted, wasTaken: port !== wanted }
  }
  const port = await probe(host, 0)
  if (port === undefined) throw new Error(`no free port on ${host}`)
  return { port, wanted, wasTaken: wanted !== 0 }
}

/** The line that a user reads when another port is used; undefined when there is nothing to tell. */
export function portNote(choice: PortChoice): string | undefined {
  return choice.wasTaken ? `${choice.wanted} is taken, using ${choice.port} instead` : undefined
}

function probe(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: a port that only an administrator may open is as good as taken.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined)
      else reject(new Error(`try port ${port} on ${host}`, { cause: error }))
    })
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      server.close(() => resolve(bound))
    })
  })
}
