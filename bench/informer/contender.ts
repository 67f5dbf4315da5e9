// Follows ConfigMaps and Pods, and tells what that costs. Usage: node --expose-gc contender.ts NAME KUBECONFIG; on stdin, `look` or `weigh` (after collecting garbage) asks for figures
import { createInterface } from 'node:readline'
import { kinds } from './objects.ts'

/** `sum`: of what every object says of itself, so that a lost event shows. */
export type Figures = {
  readonly objects: number
  readonly sum: number
  /** Without what answers like this one took. */
  readonly cpuMs: number
  readonly heapMiB: number
  readonly rssMiB: number
  readonly atMs: number
}
export type ContenderName = keyof typeof contenders

type Known = { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined } | undefined }
/** What it holds at the moment. */
type Contender = () => Iterable<Known>

const contenders = {
  ours: (path: string) => startOurs(path, false),
  'ours without managedFields': (path: string) => startOurs(path, true),
  'client-node': startTheirs,
} as const

async function startOurs(path: string, trims: boolean): Promise<Contender> {
  const { openClient } = await import('../../src/kube/client.ts')
  const { openConnection } = await import('../../src/kube/connection.ts')
  const { openInformers } = await import('../../src/kube/informers.ts')
  const { openTransport } = await import('../../src/kube/transport.ts')
  type Stored = import('../../src/api/meta.ts').KubeObject
  const transport = openTransport(await openConnection({ kind: 'file', path }, process.env))
  const informers = openInformers({ client: openClient(transport), onFailure: (_, error) => console.error(error.message) })
  const trim = (object: Stored): Stored => {
    const { managedFields: _, ...metadata } = object.metadata as Stored['metadata'] & { managedFields?: unknown }
    return { ...object, metadata }
  }
  const stores = kinds.map((resource) => informers.of<Stored>({ resource, ...(trims && { trim }) }))
  void informers.run(new AbortController().signal)
  return function* () {
    for (const { store } of stores) yield* store.values()
  }
}

async function startTheirs(path: string): Promise<Contender> {
  const { CoreV1Api, KubeConfig, makeInformer } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromFile(path)
  const api = config.makeApiClient(CoreV1Api)
  const maps = makeInformer(config, '/api/v1/configmaps', () => api.listConfigMapForAllNamespaces())
  const pods = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces())
  for (const each of [maps, pods]) {
    // As its documentation advises.
    each.on('error', () => void setTimeout(() => void each.start(), 1_000))
    void each.start()
  }
  return function* () {
    yield* maps.list()
    yield* pods.list()
  }
}

const [name = '', path = ''] = process.argv.slice(2)
const known = await contenders[name as ContenderName](path)
let answersMs = 0
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
for await (const line of createInterface(process.stdin)) {
  const beforeMs = cpuMs()
  const atMs = performance.now()
  if (line === 'weigh') for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { rss, heapUsed, external } = process.memoryUsage()
  let objects = 0
  let sum = 0
  for (const { metadata } of known()) {
    objects++
    sum += Number(metadata?.annotations?.['bench/value'] ?? 0)
  }
  const mib = (bytes: number): number => bytes / 2 ** 20
  const figures: Figures = {
    objects,
    sum,
    cpuMs: beforeMs - answersMs,
    heapMiB: mib(heapUsed + external),
    rssMiB: mib(rss),
    atMs,
  }
  console.log(JSON.stringify(figures))
  answersMs += cpuMs() - beforeMs
}
process.exit()
