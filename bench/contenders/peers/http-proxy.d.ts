/** What of http-proxy is used here; the package brings no types. */
declare module 'http-proxy' {
  import type { Agent, IncomingMessage, ServerResponse } from 'node:http'

  type Options = { readonly agent: Agent; readonly xfwd: boolean; readonly headers: Readonly<Record<string, string>> }
  type Proxy = {
    web(request: IncomingMessage, response: ServerResponse, options: { readonly target: string }): void
    on(event: 'proxyRes', listener: (response: IncomingMessage) => void): void
    on(event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void
  }
  const httpProxy: { createProxyServer(options: Options): Proxy }
  export default httpProxy
}
