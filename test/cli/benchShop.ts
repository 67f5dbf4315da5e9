import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Split } from '../../src/core/routing/types.ts'
import type { Address } from '../edge/http/client.ts'
import { startEdge } from '../edge/http/edge.ts'

/** What a finished program said. */
export type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** The verb as a program of its own. */
export function start(args: readonly string[]) {
  const child = spawn(process.execPath, ['src/main.ts', 'bench', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text))
  return { child, ended: once(child, 'close').then(([code]): Result => ({ code: code as number | null, ...said })) }
}

export const run = (...args: readonly string[]): Promise<Result> => start(args).ended

/** An HTTP server on a free port. */
export async function backend(listener: RequestListener): Promise<{ readonly port: number; close(): void }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const urlOf = ({ host, port }: Address): string => `http://${host}:${port}`

/** An edge before a sound version, one that is 20 ms slower, and one that fails 5 of 100. */
export async function startShop(weights: { readonly stable: number; readonly slow: number; readonly flaky: number }) {
  let asked = 0
  const answer =
    (version: string, status: () => number, delayMs: number): RequestListener =>
    (_request, response) => {
      setTimeout(() => response.writeHead(status(), { 'X-Version': version }).end(version), delayMs)
    }
  const backends = {
    stable: await backend(answer('v1', () => 200, 0)),
    slow: await backend(answer('v2', () => 200, 20)),
    flaky: await backend(answer('v3', () => (++asked % 20 === 0 ? 500 : 200), 0)),
  }
  const routeTo = (name: string): Split['routes'][number] => ({
    name: `to-${name}`,
    match: [{ headers: [{ name: 'X-To', value: { kind: 'exact', value: name } }], cookies: [], query: [] }],
    backend: name,
  })
  const split: Split = {
    name: 'shop',
    totalWeight: 100,
    backends: (['stable', 'slow', 'flaky'] as const).map((name) => ({
      name,
      weight: weights[name],
      endpoints: [{ host: '127.0.0.1', port: backends[name].port }],
    })),
    routes: [routeTo('slow'), routeTo('flaky')],
    fallback: { kind: 'none' },
  }
  const edge = await startEdge({ routing: { routes: [{ path: '/', pathType: 'Prefix', split: 'shop' }], splits: [split] } })
  return {
    args: ['--url', urlOf(edge.addresses[0]!), '--admin', urlOf(edge.admin)],
    async close(): Promise<void> {
      await edge.close()
      for (const each of Object.values(backends)) each.close()
    },
  }
}
