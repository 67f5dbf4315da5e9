/** A cluster with Spillway's kinds, and command lines that run in this process against it. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { Agent, request as requestSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { customResourceDefinitions } from '../../../src/api/customResources.ts'
import type { KubeObject } from '../../../src/api/meta.ts'
import { runProgram } from '../../../src/cli/program.ts'
import { type ApiServer, startApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from '../../sandbox/apiserver/client.ts'

export type Result = { readonly code: number; readonly stdout: string; readonly stderr: string }
/** A write as the server got it. */
export type Sent = { readonly method: string; readonly path: string; readonly type: string; readonly body: string }

export type Scene = {
  readonly server: ApiServer
  /** How to reach it, through what notes the writes. */
  readonly kubeconfig: string
  readonly sent: Sent[]
  /** Resolves once so many watches have been asked for. */
  watched(count: number): Promise<void>
  run(args: readonly string[], options?: RunOptions): Promise<Result>
  /** Makes an object, with its status. */
  put(resource: string, object: KubeObject & { readonly status?: unknown }): void
  find(resource: string, name: string): KubeObject & Readonly<Record<string, unknown>>
}

export type RunOptions = {
  readonly name?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  readonly columns?: number
}

export const now = Date.parse('2026-03-01T12:00:00Z')

export async function openScene(t: Test): Promise<Scene> {
  const server = await startApiServer({ faultSeed: 1, watches: { bookmarkMs: 200 } })
  for (const definition of customResourceDefinitions) server.cluster.create('customresourcedefinitions.apiextensions.k8s.io', definition)
  const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const sent: Sent[] = []
  let watches = 0
  let onWatch = (): void => undefined
  const noting = await openNoting(server, sent, () => {
    watches++
    onWatch()
  })
  writeFileSync(kubeconfig, kubeconfigOf(noting.url), { mode: 0o600 })
  t.teardown(async () => {
    await noting.close()
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  const client = clientOf(server)
  while ((await client.get('/apis/spillway.dev/v1alpha1/trafficsplits')).code !== 200) await new Promise((resolve) => setImmediate(resolve))
  return {
    server,
    kubeconfig,
    sent,
    watched: (count) =>
      new Promise((resolve) => {
        onWatch = () => watches >= count && resolve()
        onWatch()
      }),
    async run(args, { name = 'spillway', env = {}, stdin = '', columns } = {}) {
      const said = { stdout: '', stderr: '' }
      const output = (stream: 'stdout' | 'stderr') => ({
        write: (text: string) => void (said[stream] += text),
        ...(columns !== undefined && { isTTY: true, columns, rows: 40 }),
      })
      const unused = async (): Promise<number> => 0
      const code = await runProgram(args, {
        name,
        version: '1.2.3',
        runs: { controller: unused, edge: unused, bench: unused, demo: unused, sandbox: unused },
        surroundings: {
          stdout: output('stdout'),
          stderr: output('stderr'),
          stdin: (async function* () {
            yield stdin
          })(),
          env: { KUBECONFIG: kubeconfig, ...env },
          now: () => now,
        },
      })
      return { code, ...said }
    },
    put(resource, { status, ...object }) {
      const made = server.cluster.create(resource, object)
      if (status !== undefined) server.cluster.update(resource, { ...made, status } as KubeObject, 'status')
    },
    find: (resource, name) => server.cluster.find(resource, { namespace: 'default', name }) as KubeObject & Readonly<Record<string, unknown>>,
  }
}

export function kubeconfigOf(server: string, token = 'unused'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server } }],
    users: [{ name: 'me', user: { token } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
    'current-context': 'here',
  })
}

/** Passes requests on as the administrator's, and notes writes. */
async function openNoting(
  { url, caPem, adminToken }: ApiServer,
  sent: Sent[],
  onWatch: () => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true, ca: caPem })
  const noting = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request
      const body = Buffer.concat(parts).toString()
      if (method !== 'GET') sent.push({ method, path, type: headers['content-type'] ?? '', body })
      if (path.includes('watch=true')) onWatch()
      const { authorization: _, host: __, connection: ___, ...rest } = headers
      const onward = requestSecure(`${url}${path}`, { agent, method, headers: { ...rest, authorization: `Bearer ${adminToken}` } })
      onward.once('error', () => response.destroy())
      onward.once('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.once('error', () => response.destroy()).pipe(response)
        response.once('close', () => answer.destroy())
      })
      onward.end(body)
    })
  })
  await new Promise<void>((resolve) => noting.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(noting.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        noting.close(() => resolve())
        noting.closeAllConnections()
        agent.destroy()
      }),
  }
}
