import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { parse } from 'yaml'
import type { KubeObject } from '../../../../src/api/meta.ts'
import { defaultLimits, defaultTimeouts, type EdgeConfig } from '../../../../src/edge/config.ts'
import { runEdge } from '../../../../src/edge/main.ts'
import { type KubeSourceOptions, kubeSource } from '../../../../src/edge/source/kube/kubeSource.ts'
import { openClient } from '../../../../src/kube/client.ts'
import { openConnection } from '../../../../src/kube/connection.ts'
import { openTransport } from '../../../../src/kube/transport.ts'
import { writeKubeconfig } from '../../../../src/sandbox/apiserver/auth/kubeconfig.ts'
import { type ApiServer, startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { type Address, ask } from '../../http/client.ts'
import { addressOf } from '../../http/edge.ts'
import type { Message } from '../../http/message.ts'
import { startUpstream, type Upstream } from '../../http/upstream.ts'

/** An API server that knows TrafficSplits, and edges that follow it. */
export type Scene = {
  readonly server: ApiServer
  readonly kubeconfig: string
  /** For files. */
  readonly folder: string
  /** A kubeconfig by which the server is reached through that port. */
  kubeconfigBy(port: number): string
  /** Creates an object, or replaces its spec and whatever else it is given; each is written as from nowhere, past all faults. */
  put(resource: string, object: KubeObject): KubeObject
  remove(resource: string, name: string, namespace?: string): void
  edge(more?: EdgeMore): Promise<ClusterEdge>
}

export type EdgeMore = Partial<Omit<KubeSourceOptions, 'settings'>> & {
  readonly settings?: Partial<EdgeConfig>
  readonly workers?: number
  /** Do not wait for it. */
  readonly unready?: boolean
  /** Another kubeconfig. */
  readonly by?: string
}

export type ClusterEdge = {
  readonly addresses: readonly Address[]
  readonly admin: Address
  /** Lines of its log. */
  readonly lines: readonly string[]
  readonly tables: () => number
  get(target: string, fields?: string): Promise<Message>
  /** The value of a metric without labels. */
  metric(name: string): Promise<number | undefined>
  close(): Promise<void>
}

export const anyPort = { host: '127.0.0.1', port: 0 }
/** Where pods of the sandbox may be. */
export const podAddress = '127.64.0.1'
export const startPod = (name: string): Promise<Upstream> => startUpstream(name, { host: podAddress })

const quick = { times: { silenceMs: 5_000, reflector: { watchS: 2, backoff: { firstMs: 20, longestMs: 200 } } } }

export async function startScene(t: Test): Promise<Scene> {
  const server = await startApiServer({ watches: { bookmarkMs: 200 } })
  const folder = mkdtempSync(join(tmpdir(), 'edge-in-cluster-'))
  const kubeconfig = join(folder, 'kubeconfig')
  writeKubeconfig(kubeconfig, { url: server.url, caPem: server.caPem, token: server.adminToken })
  const closers: (() => Promise<unknown>)[] = []
  t.teardown(async () => {
    await Promise.all(closers.map((close) => close()))
    await server.stop()
    rmSync(folder, { recursive: true })
  })
  const definition = parse(readFileSync('charts/spillway/crds/trafficsplits.yaml', 'utf8')) as KubeObject
  server.cluster.create('customresourcedefinitions.apiextensions.k8s.io', definition)
  server.cluster.create('namespaces', { metadata: { name: 'shop' } })
  await until(() => server.cluster.kinds().some(({ resource }) => resource === 'trafficsplits.spillway.dev'), 'TrafficSplits are served')
  return {
    server,
    kubeconfig,
    folder,
    kubeconfigBy(port) {
      const path = join(folder, `kubeconfig-${port}`)
      writeKubeconfig(path, { url: `https://127.0.0.1:${port}`, caPem: server.caPem, token: server.adminToken })
      return path
    },
    put(resource, object) {
      const { name, namespace } = object.metadata
      const at = { name, ...(namespace !== undefined && { namespace }) }
      const found = server.cluster.find<KubeObject>(resource, at)
      return found === undefined
        ? server.cluster.create(resource, { ...object, metadata: { ...object.metadata, uid: undefined } } as never)
        : server.cluster.update(resource, merged(found, object))
    },
    remove: (resource, name, namespace = 'shop') => server.cluster.delete(resource, { name, namespace }),
    async edge({ by = kubeconfig, ...more } = {}) {
      const edge = await startClusterEdge(by, more)
      closers.push(edge.close)
      return edge
    },
  }
}

function merged(found: KubeObject, object: KubeObject): KubeObject {
  const { uid, creationTimestamp, resourceVersion, generation } = found.metadata
  const same = {
    ...(uid && { uid }),
    ...(creationTimestamp && { creationTimestamp }),
    ...(resourceVersion && { resourceVersion }),
    ...(generation && { generation }),
  }
  return { ...found, ...object, metadata: { ...object.metadata, ...same } }
}

export async function startClusterEdge(kubeconfig: string, { settings = {}, workers = 1, unready = false, ...more }: EdgeMore): Promise<ClusterEdge> {
  const stop = new AbortController()
  const lines: string[] = []
  let tables = 0
  const note =
    (level: string) =>
    (message: string, fields: object = {}): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
      if (message === 'a table is in use') tables++
    }
  const log = { info: note('info'), warn: note('warn'), error: note('error') }
  const connection = await openConnection({ kind: 'file', path: kubeconfig }, {})
  const transport = openTransport(connection)
  const source = kubeSource({
    client: openClient(transport, { perSecond: 100_000, burst: 100_000 }),
    server: connection.server,
    namespaces: [],
    ingressClass: 'spillway',
    log,
    ...quick,
    settings: {
      listeners: [{ address: anyPort }],
      admin: { address: anyPort },
      trustedProxies: [],
      timeouts: defaultTimeouts,
      limits: defaultLimits,
      ...settings,
    },
    ...more,
  })
  const ready = Promise.withResolvers<{ readonly listeners: readonly string[]; readonly admin: string }>()
  const ended = runEdge({ source, workers, log, signal: stop.signal, onReady: ready.resolve })
  ended.catch(ready.reject)
  const urls = unready
    ? { listeners: [], admin: `http://127.0.0.1:${settings.admin?.address.port}` }
    : await within(15_000, ready.promise, () => `not ready: ${lines.join('\n')}`)
  const addresses = urls.listeners.map(addressOf)
  return {
    addresses,
    admin: unready ? settings.admin!.address : addressOf(urls.admin),
    lines,
    tables: () => tables,
    async get(target, fields = 'Host: shop.example') {
      const answer = await ask(addresses[0]!, `GET ${target} HTTP/1.1\r\n${fields}\r\nConnection: close\r\n\r\n`)
      if (answer === undefined) throw new Error(`no answer to GET ${target}`)
      return answer
    },
    async metric(name) {
      const text = await (await fetch(`http://127.0.0.1:${addressOf(urls.admin).port}/metrics`)).text()
      const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]
      return value === undefined ? undefined : Number(value)
    },
    async close() {
      stop.abort()
      await ended.catch(() => undefined)
      await transport.close()
    },
  }
}

export async function within<T>(ms: number, work: Promise<T>, otherwise: () => string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(otherwise())), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, ms = 10_000): Promise<void> {
  const untilMs = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error(`not within ${ms} ms: ${what}`)
    await delay(5)
  }
}
