import { Agent, ServerResponse } from 'node:http'
import { createProxyServer } from 'httpxy'
import { runPeer } from './peer.ts'

runPeer(({ stablePort, canaryPort }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 256 })
  // As http-proxy, whose code it continues: it would pass the client's `Connection` on.
  const proxy = createProxyServer({ agent, xfwd: true, headers: { connection: 'keep-alive' } })
  proxy.on('proxyRes', (response) => {
    delete response.headers.connection
  })
  proxy.on('error', (_error, _request, response) => {
    if (!(response instanceof ServerResponse) || response.headersSent) response?.destroy()
    else response.writeHead(502).end()
  })
  const options = {
    stable: { target: { protocol: 'http:', host: '127.0.0.1', port: stablePort } },
    canary: { target: { protocol: 'http:', host: '127.0.0.1', port: canaryPort } },
  }
  return (version, request, response) => void proxy.web(request, response, options[version])
})
