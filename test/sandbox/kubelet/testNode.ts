// A kubelet on the sandbox's own API server without its network, in real time, and what is seen of its pods.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Event } from '../../../src/api/event.ts'
import type { Pod } from '../../../src/api/pod.ts'
import { clusterOf } from '../../../src/sandbox/apiserver/cluster.ts'
import { fieldMachinery } from '../../../src/sandbox/apiserver/fields.ts'
import { builtinKinds } from '../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { kindRegistry } from '../../../src/sandbox/apiserver/registry.ts'
import { openStore } from '../../../src/sandbox/apiserver/storage/store.ts'
import type { Cluster } from '../../../src/sandbox/cluster.ts'
import { startControllers } from '../../../src/sandbox/controllers/startControllers.ts'
import type { ImageProgram } from '../../../src/sandbox/kubelet/images.ts'
import { type Kubelet, type KubeletOptions, startKubelet } from '../../../src/sandbox/kubelet/kubelet.ts'
import type { LogRequest } from '../../../src/sandbox/kubelet/logs/podLog.ts'
import { newsOf, sceneOf } from './story.ts'

export type TestNode = {
  readonly cluster: Cluster
  readonly kubelet: Kubelet
  readonly directory: string
  readonly images: ImageProgram[]
  create(pod: PodSketch): Pod
  pod(name: string): Pod | undefined
  /** The pod as it is when `holds` is true of it; fails after `withinMs`. */
  untilPod(name: string, what: string, holds: (pod: Pod) => boolean, withinMs?: number): Promise<Pod>
  untilGone(name: string, withinMs?: number): Promise<void>
  /** What `find` gives once that is something; it is asked again at each change of pods and events. */
  until<T>(what: string, find: () => T | undefined, withinMs?: number): Promise<T>
  /** As `until`, for what no event tells of. */
  eventually(what: string, holds: () => unknown, withinMs?: number): Promise<void>
  untilLog(pod: string, pattern: RegExp, container?: string): Promise<void>
  /** Something was told of it that holds this text. */
  untilNews(name: string, text: string): Promise<void>
  /** All states that a pod was seen in. */
  scenes(name: string): readonly string[]
  /** All that was told of an object, in the order in which it was first told. */
  news(name: string): readonly string[]
  logs(pod: string, query?: Omit<LogRequest, 'namespace' | 'pod'>): Promise<string>
}

export type PodSketch = { readonly name: string; readonly labels?: Readonly<Record<string, string>>; readonly spec: Pod['spec'] }

export type TestNodeOptions = Partial<KubeletOptions> & { readonly withControllers?: boolean }

export const quickWaits: KubeletOptions['waits'] = {
  crashes: { firstMs: 600, longestMs: 2_400 },
  pulls: { firstMs: 600, longestMs: 2_400 },
  retryMs: 500,
}

export function memoryCluster(): Cluster {
  const kinds = kindRegistry(builtinKinds)
  const store = openStore({ history: { maxEvents: 10_000, maxAgeMs: 60_000 }, nowMs: Date.now, onListenerError: fail })
  const fields = fieldMachinery(kinds)
  const cluster = clusterOf({ store, kinds, fields, nowMs: Date.now, random: randomBytes, admissions: [] }, 'test')
  for (const name of ['default', 'kube-node-lease']) cluster.create('namespaces', { metadata: { name } })
  return cluster
}

/** In a listener nobody could catch it. */
function fail(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}

export async function startTestNode(t: Test, { withControllers = false, ...options }: TestNodeOptions = {}): Promise<TestNode> {
  const ending = new AbortController()
  const cluster = options.cluster ?? memoryCluster()
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'spillway-kubelet-'))
  const images: ImageProgram[] = [...(options.images ?? [{ pattern: 'sh:*', argv: ['/bin/sh'] }])]
  const seen = new Map<string, string[]>()
  const told = new Map<string, string[]>()
  const changes = new EventTarget()
  const note = (lines: Map<string, string[]>, name: string, line: string): void => {
    const all = lines.get(name) ?? []
    lines.set(name, all)
    if (lines === seen ? all.at(-1) !== line : !all.includes(line)) all.push(line)
  }
  cluster.follow(['pods', 'events', 'services', 'endpointslices.discovery.k8s.io'], ({ type, resource, object }) => {
    if (resource === 'pods' && type !== 'DELETED') note(seen, object.metadata.name, sceneOf(object as Pod))
    if (resource === 'events') note(told, (object as Event).involvedObject.name ?? '', newsOf(object as Event))
    // After others who follow have heard of it, too.
    setImmediate(() => changes.dispatchEvent(new globalThis.Event('change')))
  })
  const kubelet = await startKubelet({
    workingDirectory: directory,
    variables: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin` },
    access: { mintToken: ({ serviceAccount, audience }) => `token of ${serviceAccount} for ${audience ?? 'the server'}` },
    signal: ending.signal,
    waits: quickWaits!,
    onError: (what, error) => fail(new Error(what, { cause: error })),
    ...options,
    cluster,
    directory,
    images,
  })
  if (withControllers) startControllers(cluster, { signal: ending.signal, caPem: '', onFailure: (...parts) => fail(new Error(parts.join(' '))) })
  t.teardown(async () => {
    ending.abort()
    await kubelet.stop()
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true })
  })

  const pod = (name: string): Pod | undefined => cluster.find<Pod>('pods', { namespace: 'default', name })

  async function until<T>(what: string, find: () => T | undefined, withinMs = 8_000): Promise<T> {
    const end = AbortSignal.timeout(withinMs)
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      await new Promise<void>((resolve, reject) => {
        const late = (): void => reject(new Error(`not within ${withinMs} ms: ${what}`))
        if (end.aborted) late()
        end.addEventListener('abort', late, { once: true })
        changes.addEventListener('change', () => resolve(), { once: true })
      })
    }
  }

  async function logs(name: string, query: Omit<LogRequest, 'namespace' | 'pod'> = {}): Promise<string> {
    const parts: Buffer[] = []
    for await (const part of kubelet.logs({ namespace: 'default', pod: name, ...query }, ending.signal)) parts.push(part)
    return Buffer.concat(parts).toString()
  }

  async function eventually(what: string, holds: () => unknown, withinMs = 8_000): Promise<void> {
    for (const end = performance.now() + withinMs; performance.now() < end; await sleep(25)) if (await holds()) return
    throw new Error(`not within ${withinMs} ms: ${what}`)
  }

  return {
    cluster,
    kubelet,
    directory,
    images,
    create: ({ name, labels, spec }) =>
      cluster.create<Pod>('pods', {
        metadata: { name, namespace: 'default', ...(labels && { labels }) },
        spec: { terminationGracePeriodSeconds: 1, ...spec },
      }),
    pod,
    until,
    eventually,
    untilNews: (name, text) =>
      eventually(`told of ${name}: ${text}`, () => told.get(name)?.some((line) => line.includes(text))).catch((cause: unknown) => {
        throw new Error(told.get(name)?.join('\n'), { cause })
      }),
    untilLog: (name, pattern, container) =>
      eventually(`${name} says ${pattern}`, async () => pattern.test(await logs(name, container === undefined ? {} : { container }).catch(() => ''))),
    logs,
    async untilPod(name, what, holds, withinMs = 8_000) {
      const find = (): Pod | undefined => {
        const found = pod(name)
        return found !== undefined && holds(found) ? found : undefined
      }
      return until(what, find, withinMs).catch((cause: unknown) => {
        throw new Error(`${name}: ${what}\n${seen.get(name)?.join('\n')}\n${told.get(name)?.join('\n')}`, { cause })
      })
    },
    async untilGone(name, withinMs = 8_000) {
      await until(`${name} is gone`, () => (pod(name) === undefined ? true : undefined), withinMs)
    },
    scenes: (name) => seen.get(name) ?? [],
    news: (name) => told.get(name) ?? [],
  }
}

export const isReady = ({ status }: Pod): boolean => status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
export const hasPhase =
  (phase: string) =>
  ({ status }: Pod): boolean =>
    status?.phase === phase
