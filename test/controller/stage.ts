import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { parse } from 'yaml'
import type { KubeObject } from '../../src/api/meta.ts'
import type { Pod } from '../../src/api/pod.ts'
import type { Rollout } from '../../src/api/rollout.ts'
import { type ControlOptions, control, type EdgeReports } from '../../src/controller/control.ts'
import { passBounds } from '../../src/controller/metrics/families.ts'
import { openPassCounts } from '../../src/controller/metrics/passCounts.ts'
import { type KubeClient, openClient } from '../../src/kube/client.ts'
import { openConnection } from '../../src/kube/connection.ts'
import { openTransport } from '../../src/kube/transport.ts'
import type { Cluster } from '../../src/sandbox/cluster.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/startSandbox.ts'
import { randomFrom } from '../edge/http/harness.ts'

export const definitions: readonly KubeObject[] = globSync('charts/spillway/crds/*.yaml')
  .sort()
  .map((path) => parse(readFileSync(path, 'utf8')) as KubeObject)
export const rolloutsName = 'rollouts.argoproj.io'
export const replicaSetsName = 'replicasets.apps'

/** A cluster with Spillway's kinds, in which pods are ready as soon as they are made, and nothing runs. */
export type Stage = {
  readonly sandbox: Sandbox
  readonly cluster: Cluster
  /** A client with a connection of its own, and no rate limit. */
  client(): Promise<KubeClient>
  /** A controller; it ends with the test, or when it is stopped. */
  control(options: Partial<ControlOptions> & Pick<ControlOptions, 'decide'>): Promise<Controller>
  /** Resolves when it holds; fails the test with what there is when it does not within `withinMs`. */
  until(what: string, holds: () => boolean, withinMs?: number): Promise<void>
  /** From 0 to below `end`, of the seed. */
  below(end: number): number
}

export type Controller = { readonly ended: Promise<void>; readonly lines: readonly string[]; stop(): Promise<void> }

export type StageOptions = { readonly definitions?: readonly KubeObject[]; readonly hasKubelet?: boolean }

export async function openStage(t: Test, { definitions: kinds = definitions, hasKubelet = true }: StageOptions = {}): Promise<Stage> {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`seed ${seed}`)
  const sandbox = await startSandbox({ port: 0, onError: (what, error) => t.comment(`${what}: ${String(error)}`) })
  const { cluster } = sandbox.server
  const closers: (() => Promise<unknown>)[] = []
  t.teardown(async () => {
    await Promise.all(closers.map((close) => close()))
    await sandbox.stop()
  })
  for (const each of kinds) cluster.create('customresourcedefinitions.apiextensions.k8s.io', each)
  if (hasKubelet) pretendToRunPods(cluster)
  const isServed = (): boolean => kinds.every(({ metadata }) => cluster.kinds().some(({ resource }) => resource === metadata.name))

  async function client(): Promise<KubeClient> {
    const transport = openTransport(await openConnection({ kind: 'file', path: sandbox.kubeconfig }, {}))
    closers.push(() => transport.close())
    return openClient(transport, { perSecond: 100_000, burst: 100_000 })
  }

  async function until(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
    if (holds()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = (): void => {
      if (holds()) resolve()
    }
    const unfollow = cluster.follow('all', look)
    const timer = setTimeout(() => reject(new Error(`not within ${withinMs} ms: ${what}\n${told(cluster)}`)), withinMs)
    const often = setInterval(look, 50)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      clearInterval(often)
      unfollow()
    }
  }

  await until('all kinds are served', isServed)
  return {
    sandbox,
    cluster,
    client,
    until,
    below: randomFrom(seed),
    async control(options) {
      const stopping = new AbortController()
      const synced = Promise.withResolvers<void>()
      const lines: string[] = []
      const say = (message: string, fields: object = {}): void => void lines.push(`${message} ${JSON.stringify(fields)}`)
      const ended = control(
        {
          client: await client(),
          scope: { instanceId: '' },
          identity: 'test',
          eventsOf: () => [],
          home: 'default',
          openReports: () => noEdges,
          edgeNamespaces: ['default'],
          counts: openPassCounts(passBounds),
          isEdgeDefault: false,
          workers: 10,
          log: { info: say, warn: say, error: say },
          onSynced: () => synced.resolve(),
          reflectorTimes: { backoff: { firstMs: 5, longestMs: 100 } },
          ...options,
        },
        stopping.signal,
      )
      const stop = async (): Promise<void> => {
        stopping.abort()
        await ended.catch(() => undefined)
      }
      closers.unshift(stop)
      await Promise.race([synced.promise, ended])
      return { ended, lines, stop }
    },
  }
}

/** Nobody to hear from. */
export const noEdges: EdgeReports = {
  edgesOf: () => [],
  subscribe: () => () => undefined,
  run: async () => undefined,
  synced: async () => undefined,
  measured: () => new Map(),
}

/** As a kubelet would in an instant. */
function pretendToRunPods(cluster: Cluster): void {
  let last = 0
  cluster.follow(['pods'], ({ type, object }) => {
    const pod = cluster.find<Pod>('pods', object.metadata)
    if (type !== 'ADDED' || pod === undefined || pod.status?.phase === 'Running') return
    const lastTransitionTime = new Date().toISOString()
    const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True' as const,
      lastTransitionTime,
    }))
    const podIP = `10.0.${Math.floor(++last / 250) % 250}.${(last % 250) + 1}`
    cluster.update('pods', { ...pod, status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions } }, 'status')
  })
}

/** What there is, for people. */
export function told(cluster: Cluster): string {
  const sets = cluster.list<KubeObject & { readonly spec: { readonly replicas: number } }>(replicaSetsName)
  const rollouts = cluster.list<Rollout>(rolloutsName)
  return [
    ...rollouts.map(
      ({ metadata, spec, status }) => `${metadata.name} ${metadata.generation}: ${JSON.stringify({ replicas: spec.replicas, status })}`,
    ),
    ...sets.map(({ metadata, spec }) => `${metadata.name}: ${spec.replicas} replicas`),
  ].join('\n')
}

/** Writes the file that a process is told, and takes it away with the test. */
export function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'controller-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
