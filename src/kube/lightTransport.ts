import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Connection, Tls } from './connection.ts'
import { type HttpAgent, type HttpRequest, openSending, type Reply, type Transport } from './sending.ts'

/** Beyond: the server is not there. */
const connectMs = 10_000

/** As `openTransport`, for a process that asks little and is to start soon: what carries it is part of Node. Behind a proxy it is the same one. */
export function openLightTransport(connection: Connection): Transport {
  if (connection.proxy === undefined) return openSending(connection, (_, tls) => openNodeAgent(connection.server.startsWith('https:'), tls))
  const heavy = import('./transport.ts').then(({ openTransport }) => openTransport(connection))
  return { send: async (ask) => (await heavy).send(ask), close: async () => (await heavy).close() }
}

function openNodeAgent(isSecure: boolean, tls: Tls): HttpAgent {
  // An import would fetch each name that the module exports, and with `WebSocket` all that is behind it: 45 ms.
  const { Agent, request: send } = process.getBuiltinModule(isSecure ? 'node:https' : 'node:http')
  const agent = new Agent({ keepAlive: true, ...(isSecure && tls) })
  const close = async (): Promise<void> => agent.destroy()
  return {
    request: ({ origin, path, method, headers, body, signal }: HttpRequest) =>
      new Promise((resolve, reject) => {
        const options: RequestOptions = { agent, method, headers, signal, ...(body !== undefined && { headers: withLength(headers, body) }) }
        const url = `${origin}${path}`
        const request = send(url, options)
        boundConnect(request, isSecure)
        request.once('error', reject)
        request.once('response', (message) => resolve(replyOf(message)))
        request.end(body)
      }),
    close,
    destroy: close,
  }
}

function withLength(headers: HttpRequest['headers'], body: string): HttpRequest['headers'] {
  return { ...headers, 'content-length': String(Buffer.byteLength(body)) }
}

/** Without a bound of its own, the system tries for two minutes. */
function boundConnect(request: ClientRequest, isSecure: boolean): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => request.destroy(new Error(`no connection within ${connectMs} ms`)), connectMs)
    const clear = (): void => clearTimeout(timer)
    socket.once(isSecure ? 'secureConnect' : 'connect', clear).once('close', clear)
  })
}

function replyOf(message: IncomingMessage): Reply {
  // Whoever reads is told by the iterator; nobody else is there to be told of an end that was asked for.
  message.on('error', () => undefined)
  return {
    statusCode: message.statusCode ?? 0,
    headers: message.headers,
    body: {
      [Symbol.asyncIterator]: () => message[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
      text: async () => {
        const parts: Buffer[] = []
        for await (const part of message) parts.push(part as Buffer)
        return Buffer.concat(parts).toString('utf8')
      },
      dump: async () => {
        for await (const _ of message);
      },
      destroy: (error) => message.destroy(error),
    },
  }
}
