import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type KubeClient, openClient } from '../../../src/kube/client.ts'
import { openConnection } from '../../../src/kube/connection.ts'
import { openTransport } from '../../../src/kube/transport.ts'
import { writeKubeconfig } from '../../../src/sandbox/apiserver/auth/kubeconfig.ts'
import { type ApiServer, startApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'
import { randomFrom } from '../../edge/http/harness.ts'

/** A sandbox that fails as it is told, and clients of it. */
export type Scene = {
  readonly server: ApiServer
  /** From 0 to below 1, of the seed. */
  readonly random: () => number
  /** A whole number below `end`. */
  readonly below: (end: number) => number
  /** A client with a connection of its own, and no rate limit. */
  client(): Promise<KubeClient>
}

export async function startScene(t: Test): Promise<Scene> {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const server = await startApiServer({ faultSeed: seed, watches: { bookmarkMs: 200 } })
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  const path = join(folder, 'kubeconfig')
  writeKubeconfig(path, { url: server.url, caPem: server.caPem, token: server.adminToken })
  const closers: (() => Promise<void>)[] = []
  t.teardown(async () => {
    await Promise.all(closers.map((close) => close()))
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  const below = randomFrom(seed)
  return {
    server,
    random: () => below(2 ** 31) / 2 ** 31,
    below,
    async client() {
      const transport = openTransport(await openConnection({ kind: 'file', path }, {}))
      closers.push(() => transport.close())
      return openClient(transport, { perSecond: 100_000, burst: 100_000 })
    },
  }
}
