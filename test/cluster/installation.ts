/** The installation as its manifests have it, in a cluster whose pods are containers, and a shop that it releases. */
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../src/api/meta.ts'
import type { Pod } from '../../src/api/pod.ts'
import type { Rollout } from '../../src/api/rollout.ts'
import type { TrafficSplit } from '../../src/api/trafficSplit.ts'
import { install } from '../../src/demo/cluster.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import { configMaps, deployments, ingresses, pods, type Resource, services } from '../../src/kube/resource.ts'
import { ingressTo, servicesOf } from '../release/manifests.ts'

export const home = 'spillway'
export const shop = { namespace: 'default', name: 'shop' } as const
const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

const rollouts: Resource = { group: 'argoproj.io', version: 'v1alpha1', name: 'rollouts', kind: 'Rollout', namespaced: true }
const splits: Resource = { group: 'spillway.dev', version: 'v1alpha1', name: 'trafficsplits', kind: 'TrafficSplit', namespaced: true }
/** Everything that is awaited comes sooner, on a busy machine too. */
const lateMs = 120_000

type Deployment = KubeObject & {
  readonly spec: { readonly replicas?: number }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

/** Resolves to what `look` sees once it is so; rejects with the last it saw, when it is late. */
export async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean, what: string): Promise<T> {
  const deadline = performance.now() + lateMs
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    if (performance.now() > deadline) throw new Error(`not ${what}: ${JSON.stringify(seen).slice(0, 4_000)}`)
    await delay(100)
  }
}

/** Definitions, controller and edges, unmodified. */
export async function installAll(client: KubeClient): Promise<void> {
  const files = [...globSync(join(root, 'charts/spillway/crds/*.yaml')), join(root, 'examples/install/spillway.yaml')]
  const objects = files.flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as KubeObject))
  await install(client, objects, AbortSignal.timeout(lateMs))
  for (const name of ['spillway-controller', 'spillway-edge']) await rolledOut(client, name)
}

/** Once all pods are of the newest template, and ready. */
export async function rolledOut(client: KubeClient, name: string): Promise<void> {
  const look = (): Promise<Deployment> => client.get<Deployment>(deployments, { namespace: home, name })
  await until(
    look,
    ({ metadata, spec: { replicas = 1 }, status = {} }) =>
      (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
      [status.updatedReplicas, status.replicas, status.availableReplicas].every((count) => count === replicas),
    `rolled out: ${name}`,
  )
}

/** As `kubectl rollout restart`; resolves when no old pod is left, those on their way out included. */
export async function restart(client: KubeClient, name: string): Promise<void> {
  const old = new Set((await podsOf(client, name)).map(({ metadata }) => metadata.uid))
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() }
  await client.patch(deployments, { namespace: home, name }, { kind: 'strategic', body: { spec: { template: { metadata: { annotations } } } } })
  await rolledOut(client, name)
  await until(
    () => podsOf(client, name),
    (all) => all.every(({ metadata }) => !old.has(metadata.uid)),
    `without pods of before: ${name}`,
  )
}

export async function podsOf(client: KubeClient, name: string): Promise<readonly Pod[]> {
  return (await client.list<Pod>(pods, { namespace: home, labelSelector: `app.kubernetes.io/name=${name}` })).items
}

/** The shop's program comes as a file, so that its pods need no image of their own. */
export async function deploy(client: KubeClient, rollout: Rollout): Promise<void> {
  const program = readFileSync(join(root, 'test/release/shop.ts'), 'utf8')
  const files = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...shop }, data: { 'shop.ts': program } }
  await client.create(configMaps, files)
  const own = servicesOf(rollout)
  for (const service of own) await client.create(services, service)
  await client.create(ingresses, ingressTo(own[0]!.metadata.name) as KubeObject)
  const changed = structuredClone(rollout) as unknown as { spec: { template?: { spec?: { containers?: object[]; volumes?: object[] } } } }
  const pod = changed.spec.template!.spec!
  pod.volumes = [{ name: 'program', configMap: { name: shop.name } }]
  Object.assign(pod.containers![0]!, {
    image: 'spillway/spillway:dev',
    command: ['node', '/shop/shop.ts'],
    volumeMounts: [{ name: 'program', mountPath: '/shop', readOnly: true }],
  })
  await client.create(rollouts, changed as unknown as Rollout)
}

/** Another template, whose pods call themselves so. */
export async function release(client: KubeClient, version: string): Promise<void> {
  const path = '/spec/template/spec/containers/0/env/0/value'
  const { metadata } = await client.patch<Rollout>(rollouts, shop, { kind: 'json', body: [{ op: 'replace', path, value: version }] })
  await until(
    () => rolloutOf(client),
    ({ status }) => Number(status?.observedGeneration) >= (metadata.generation ?? 0),
    'observed',
  )
}

export function rolloutOf(client: KubeClient): Promise<Rollout> {
  return client.get<Rollout>(rollouts, shop)
}

export function splitOf(client: KubeClient): Promise<TrafficSplit> {
  return client.get<TrafficSplit>(splits, shop)
}

/** A verb of the CLI, in the cluster that KUBECONFIG names. */
export async function spillway(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'src/main.ts'), ...args], { timeout: lateMs })
  return stdout
}
