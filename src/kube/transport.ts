import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { Connection, Tls } from './connection.ts'
import { type HttpAgent, openSending, type Transport } from './sending.ts'

/** Beyond: the server is not there. */
const connectMs = 10_000
/** Below the 90 s for which an API server's HTTP/1.1 side keeps a connection. */
const idleMs = 60_000

/** For whoever sends much and for long; `openLightTransport` starts sooner. */
export function openTransport(connection: Connection): Transport {
  return openSending(connection, (proxy, tls) => {
    const agent = openAgent(proxy, tls)
    return {
      request: ({ signal, body, ...request }) => agent.request({ ...request, body: body ?? null, signal }),
      close: () => agent.close(),
      destroy: () => agent.destroy(),
    } satisfies HttpAgent
  })
}

/** Deadlines are the callers': a watch may well be silent. */
function openAgent(proxy: string | undefined, tls: Tls): Dispatcher {
  // HTTP/1.1: over HTTP/2 all would share a connection, and when that goes silent, what is asked next would wait for it in vain too.
  const options = { allowH2: false, keepAliveTimeout: idleMs, headersTimeout: 0, bodyTimeout: 0 }
  return proxy === undefined
    ? new Agent({ ...options, connect: { ...tls, timeout: connectMs, keepAlive: true } })
    : new ProxyAgent({ ...options, uri: proxy, requestTls: { ...tls, timeout: connectMs, keepAlive: true } })
}
