import { Agent } from 'node:http'
import httpProxy from 'http-proxy'
import { runPeer } from './peer.ts'

runPeer(({ stablePort, canaryPort }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 512, maxFreeSockets: 256 })
  // It passes the client's `Connection` on, so that a client that closes would end the connection to the origin too.
  const proxy = httpProxy.createProxyServer({ agent, xfwd: true, headers: { connection: 'keep-alive' } })
  proxy.on('proxyRes', (response) => {
    delete response.headers.connection
  })
  proxy.on('error', (_error, _request, response) => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end()
  })
  const options = { stable: { target: `http://127.0.0.1:${stablePort}` }, canary: { target: `http://127.0.0.1:${canaryPort}` } }
  return (version, request, response) => proxy.web(request, response, options[version])
})
