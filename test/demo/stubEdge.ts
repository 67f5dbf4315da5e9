/** As much of an edge as the demo needs to be played in a test: a fixed answerer, and the split's admin page with changeable weights. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import type { StartedEdge } from '../../src/demo/demo.ts'

async function listen(port: number, listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** The ports stand in the file; 0 where the edge is to ask the system. */
function portsIn(text: string): { readonly edge: number; readonly admin: number } {
  const find = (pattern: RegExp): number => Number(pattern.exec(text)?.[1])
  return { edge: find(/listeners: .*:(\d+)/), admin: find(/admin: .*:(\d+)/) }
}

function urlOf(server: Server): string {
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

function adminPage(): RequestListener {
  let weights: Record<string, number> = { v1: 95, v2: 5 }
  let version = 1
  const show = (response: ServerResponse): void => {
    const backends = Object.entries(weights).map(([name, weight]) => ({ name, weight, actual: { share: weight / 100 } }))
    response.writeHead(200, { etag: `"stub-${version}"` }).end(JSON.stringify({ backends }))
  }
  const change = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const wanted = JSON.parse(await textOf(request)) as { readonly weights: Record<string, number> }
    if (request.headers['if-match'] !== `"stub-${version}"`) {
      response.writeHead(412).end()
      return
    }
    weights = wanted.weights
    version++
    show(response)
  }
  return (request, response) => {
    if (request.method === 'PATCH') void change(request, response)
    else show(response)
  }
}

/** `crash`: resolves when this edge is to end by itself. */
export async function startStubEdge(configFile: string, signal: AbortSignal, crash: Promise<void>): Promise<StartedEdge> {
  const ports = portsIn(await readFile(configFile, 'utf8'))
  let n = 0
  const edge = await listen(ports.edge, (_request, response) => {
    n++
    response.writeHead(200, { 'x-version': n % 20 === 0 ? 'v2' : 'v1' }).end()
  })
  const admin = await listen(ports.admin, adminPage())
  const asked = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  const stopped = Promise.race([asked, crash]).then(() => {
    for (const server of [edge, admin]) {
      server.close()
      server.closeAllConnections()
    }
  })
  return { listeners: [urlOf(edge)], admin: urlOf(admin), stopped }
}
