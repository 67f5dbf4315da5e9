/** As much of an edge as the demo needs to be played in a test: a fixed answerer and the split's admin page. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { StartedEdge } from '../../src/demo/demo.ts'

async function listen(port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The ports stand in the file: the demo chose them. */
function portsIn(text: string): { readonly edge: number; readonly admin: number } {
  const find = (pattern: RegExp): number => Number(pattern.exec(text)?.[1])
  return { edge: find(/listeners: .*:(\d+)/), admin: find(/admin: .*:(\d+)/) }
}

/** `crash`: resolves when this edge is to end by itself. */
export async function startStubEdge(configFile: string, signal: AbortSignal, crash: Promise<void>): Promise<StartedEdge> {
  const ports = portsIn(await readFile(configFile, 'utf8'))
  let n = 0
  const edge = await listen(ports.edge, (_request, response) => {
    n++
    response.writeHead(200, { 'x-version': n % 20 === 0 ? 'v2' : 'v1' }).end()
  })
  const view = {
    backends: [
      { name: 'v1', weight: 95, actual: { share: 0.95 } },
      { name: 'v2', weight: 5, actual: { share: 0.05 } },
    ],
  }
  const admin = await listen(ports.admin, (_request, response) => response.writeHead(200, { etag: '"stub-1"' }).end(JSON.stringify(view)))
  const asked = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const stopped = Promise.race([asked, crash]).then(() => {
    for (const server of [edge, admin]) {
      server.close()
      server.closeAllConnections()
    }
  })
  return { listeners: [`http://127.0.0.1:${ports.edge}`], admin: `http://127.0.0.1:${ports.admin}`, stopped }
}
