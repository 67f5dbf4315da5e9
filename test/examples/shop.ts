/** Two versions of the demo app, an edge before them, and a load. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startApp } from '../../src/demo/app.ts'
import { runLoad } from '../../src/demo/load.ts'
import { newRecords } from '../../src/demo/records.ts'
import { lowPort } from '../ports.ts'

export type Shop = { readonly admin: string; readonly v2: string }

export async function startShop(t: Test): Promise<Shop> {
  const [v1, v2] = await Promise.all(
    ['v1', 'v2'].map(async (version) => {
      const server = await startApp({ host: '127.0.0.1', port: 0, version, behaviour: { errorRate: 0, latencyMs: 2 } })
      t.teardown(() => {
        server.closeAllConnections()
        server.close()
      })
      return `127.0.0.1:${(server.address() as AddressInfo).port}`
    }),
  )
  const folder = mkdtempSync(join(tmpdir(), 'shop-'))
  const [port, adminPort] = [await lowPort(), await lowPort()]
  writeFileSync(
    join(folder, 'edge.yaml'),
    `listeners: [{address: 127.0.0.1:${port}}]
admin: {address: 127.0.0.1:${adminPort}}
routes: [{path: /, split: shop}]
splits:
  shop: {totalWeight: 100, fallback: none, backends: {v1: {weight: 95, endpoints: ["${v1}"]}, v2: {weight: 5, endpoints: ["${v2}"]}}}
`,
  )
  const edge = spawn(process.execPath, ['src/main.ts', 'edge', '--config', join(folder, 'edge.yaml')], { stdio: ['ignore', 'inherit', 'pipe'] })
  const stop = new AbortController()
  let said = ''
  edge.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  while (!said.includes('"msg":"ready"')) await once(edge.stderr, 'data', { signal: AbortSignal.timeout(20_000) })
  const load = runLoad({ host: '127.0.0.1', port, path: '/api', requestsPerSecond: 200, timeoutMs: 5_000 }, newRecords(), stop.signal)
  t.teardown(async () => {
    stop.abort()
    await load
    edge.kill('SIGKILL')
    await once(edge, 'exit')
    rmSync(folder, { recursive: true })
  })
  return { admin: `http://127.0.0.1:${adminPort}`, v2: `http://${v2}` }
}
