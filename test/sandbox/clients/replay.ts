import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { writeKubeconfig } from '../../../src/sandbox/apiserver/auth/kubeconfig.ts'
import { type ApiServer, startApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'
import { startControllers } from '../../../src/sandbox/controllers/startControllers.ts'
import { kubeBin, openShell } from './shell.ts'
import { parseTranscript } from './transcript.ts'

export type Served = { readonly server: ApiServer; readonly kubeconfig: string; stop(): Promise<void> }

/** A sandbox with controllers and a namespace that the kubeconfig leads to, but without a node: pods stay as tests leave them. */
export async function serveNamespace(namespace: string): Promise<Served> {
  const errors: unknown[] = []
  const server = await startApiServer({ onError: (what, cause) => errors.push(new Error(what, { cause })) })
  const ending = new AbortController()
  startControllers(server.cluster, {
    signal: ending.signal,
    caPem: server.caPem,
    onFailure: (name, key, cause) => errors.push(new Error(`${name} ${key}`, { cause })),
  })
  const folder = mkdtempSync(join(tmpdir(), 'served-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeKubeconfig(kubeconfig, { url: server.url, caPem: server.caPem, token: server.adminToken, namespace })
  server.cluster.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  return {
    server,
    kubeconfig,
    async stop() {
      ending.abort()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
      if (errors.length > 0) throw new AggregateError(errors, 'the sandbox had errors of its own')
    },
  }
}

export function lacksKubectl(bin = kubeBin): string | false {
  return !existsSync(join(bin, 'kubectl')) && `no kubectl in ${bin}`
}

/** Tells the commands of a transcript to a sandbox; what is printed must be what was recorded with a real server. */
export async function replay(name: string, bin?: string): Promise<void> {
  const lacks = lacksKubectl(bin)
  if (lacks !== false) return void t.pass(name, { skip: lacks })
  const { kubeconfig, stop } = await serveNamespace(`clients-${name.toLowerCase()}`)
  const shell = openShell(kubeconfig, bin)
  t.setTimeout(180_000)
  t.teardown(() => shell.close())
  for (const { rule, steps } of parseTranscript(readFileSync(new URL(`transcripts/${name}.txt`, import.meta.url), 'utf8'))) {
    await t.test(rule, async (t) => {
      for (const { command, printed } of steps) t.equal(await shell.run(command), printed, command)
    })
  }
  await stop()
}
