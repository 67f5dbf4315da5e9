import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { PeerSettings } from './protocol.ts'

export type Version = 'stable' | 'canary'
export type Forward = (version: Version, request: IncomingMessage, response: ServerResponse) => void

/** What the Node peers have in common: routes, the header match, the split, and a server that tells its parent where it listens. */
export function runPeer(makeForward: (settings: PeerSettings) => Forward): void {
  const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as PeerSettings
  const forward = makeForward(settings)
  const isRouted = router(settings)
  let canaryShare = settings.weights.canary / (settings.weights.stable + settings.weights.canary)
  // Room for a whole reply of these scenarios: with less, every one of them waits for a drain.
  const server = createServer({ highWaterMark: 128 * 1024 }, (request, response) => {
    if (!isRouted(request)) {
      response.writeHead(404).end()
      return
    }
    const isCanary = request.headers['x-canary'] === 'true' || Math.random() < canaryShare
    forward(isCanary ? 'canary' : 'stable', request, response)
  })
  server.keepAliveTimeout = 3_600_000
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
    const address = server.address()
    if (address && typeof address === 'object') process.send?.({ port: address.port })
  })
  process.on('message', (message: { weights: PeerSettings['weights'] }) => {
    canaryShare = message.weights.canary / (message.weights.stable + message.weights.canary)
    process.send?.({ weightsSet: true })
  })
  process.on('SIGTERM', () => process.exit(0))
  process.on('disconnect', () => process.exit(0))
}

/** By host in a map, then by the few paths of that host. */
function router({ routes }: PeerSettings): (request: IncomingMessage) => boolean {
  const anyHost: string[] = []
  const byHost = new Map<string, string[]>()
  for (const { host, path } of routes) {
    if (host === undefined) anyHost.push(path)
    else byHost.set(host, [...(byHost.get(host) ?? []), path])
  }
  return ({ headers, url = '/' }) => {
    const paths = byHost.get(headers.host ?? '') ?? anyHost
    return paths.some((path) => url.startsWith(path))
  }
}
