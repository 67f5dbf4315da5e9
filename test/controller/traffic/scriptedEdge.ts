// An edge that says what it is told to say, true or not.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Script = (request: IncomingMessage, response: ServerResponse, nth: number) => void | Promise<void>

export async function startScriptedEdge(script: Script, host = '127.0.0.1') {
  const asked: { readonly url: string; readonly authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', authorization: request.headers.authorization })
    response.on('error', () => undefined)
    void script(request, response, asked.length)
  })
  server.listen(0, host)
  await once(server, 'listening')
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    /** Requests, in order. */
    asked,
    async close(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
