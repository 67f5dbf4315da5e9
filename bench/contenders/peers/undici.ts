import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { type Dispatcher, Pool } from 'undici'
import { runPeer } from './peer.ts'

/** node:http in front, undici's dispatch behind: the cheapest proxy that Node's own HTTP server and client of record give, without a stream in between. */
runPeer(({ stablePort, canaryPort }) => {
  const options = { connections: 256, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 3_600_000 }
  const pools = { stable: new Pool(`http://127.0.0.1:${stablePort}`, options), canary: new Pool(`http://127.0.0.1:${canaryPort}`, options) }
  return (version, request, response) => {
    const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
    pools[version].dispatch(
      {
        method: request.method as Dispatcher.HttpMethod,
        path: request.url ?? '/',
        headers: requestFields(request),
        body: hasBody ? request : null,
      },
      new Exchange(response),
    )
  }
})

class Exchange implements Dispatcher.DispatchHandler {
  private readonly response: ServerResponse
  private controller: Dispatcher.DispatchController | undefined
  private hasEnded = false

  constructor(response: ServerResponse) {
    this.response = response
    response.on('close', () => {
      if (!this.hasEnded) this.controller?.abort(new Error('the client went away'))
    })
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.response.destroyed) controller.abort(new Error('the client went away'))
    this.controller = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders, reason?: string): void {
    const fields: (string | string[])[] = []
    for (const name in headers) {
      if (name !== 'connection' && name !== 'keep-alive' && name !== 'transfer-encoding') fields.push(name, headers[name] ?? '')
    }
    // The types know pairs of strings only; a value may be several.
    this.response.writeHead(status, reason ?? '', fields as string[])
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.response.write(chunk)) return
    controller.pause()
    this.response.once('drain', () => controller.resume())
  }

  onResponseEnd(): void {
    this.hasEnded = true
    this.response.end()
  }

  onResponseError(): void {
    this.hasEnded = true
    if (this.response.headersSent) this.response.destroy()
    else this.response.writeHead(502).end()
  }
}

function requestFields(request: IncomingMessage): string[] {
  const raw = request.rawHeaders
  const fields: string[] = []
  let forwardedFor = ''
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string
    const value = raw[at + 1] as string
    switch (name.length) {
      case 10: // connection, keep-alive
      case 15: // x-forwarded-for
      case 17: {
        // transfer-encoding
        const lower = name.toLowerCase()
        if (lower === 'connection' || lower === 'keep-alive' || lower === 'transfer-encoding') continue
        if (lower === 'x-forwarded-for') {
          forwardedFor = `${value}, `
          continue
        }
      }
    }
    fields.push(name, value)
  }
  fields.push('X-Forwarded-For', forwardedFor + request.socket.remoteAddress)
  return fields
}
