// Where users race with the controller: the sandbox, whose watches lag and overtake each other, or a real API server.
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { KubeObject } from '../../src/api/meta.ts'
import { isPodReady, type Pod } from '../../src/api/pod.ts'
import type { Rollout } from '../../src/api/rollout.ts'
import type { ReplicaSet } from '../../src/api/workloads.ts'
import { type ControlOptions, control } from '../../src/controller/control.ts'
import { passBounds } from '../../src/controller/metrics/families.ts'
import { openPassCounts } from '../../src/controller/metrics/passCounts.ts'
import { rollouts } from '../../src/controller/resources.ts'
import { decide } from '../../src/core/rollout/decide.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import { openInformers } from '../../src/kube/informers.ts'
import { pods, replicaSets } from '../../src/kube/resource.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import type { FaultEffect } from '../../src/sandbox/apiserver/faults/fault.ts'
import type { ApiServer } from '../../src/sandbox/apiserver/startApiServer.ts'
import { lacksCluster, startCluster } from '../cluster/cluster.ts'
import { definitions, noEdges, openStage, replicaSetsName, rolloutsName } from './stage.ts'

export type Track = {
  /** The users'. */
  readonly client: KubeClient
  rollout(name: string): Rollout | undefined
  replicaSets(): readonly ReplicaSet[]
  readonly log: readonly string[]
}

const definitionsResource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  name: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}

/** The sandbox with faults; or, where KUBE_UP names how to start one, a real API server. */
export async function openTrack(t: Test): Promise<Track> {
  return lacksCluster() === false ? openReal(t) : openSandbox(t)
}

async function openSandbox(t: Test): Promise<Track> {
  const stage = await openStage(t)
  commitFaults(stage.sandbox.server)
  const users = await stage.client()
  const log = await startController(t, await stage.client(), { watchS: 3, backoff: { firstMs: 5, longestMs: 50 } })
  return {
    client: users,
    // As it is, and not as any watch tells.
    rollout: (name) => stage.cluster.find<Rollout>(rolloutsName, { namespace: 'default', name }),
    replicaSets: () => stage.cluster.list<ReplicaSet>(replicaSetsName),
    log,
  }
}

async function openReal(t: Test): Promise<Track> {
  const cluster = await startCluster()
  t.teardown(() => cluster.close())
  for (const each of definitions) await cluster.client.create(definitionsResource, each)
  const users = await cluster.clientAs(10_000)
  const isServed = (): Promise<boolean> =>
    users.list(rollouts, { once: true }).then(
      () => true,
      () => false,
    )
  while (!(await isServed())) await delay(50)
  const kubelet = await cluster.clientAs(10_000)
  const stopping = new AbortController()
  const { signal } = stopping
  const seen = openInformers({ client: users, onFailure: () => undefined })
  const followed = { rollouts: seen.of<Rollout>({ resource: rollouts }), replicaSets: seen.of<ReplicaSet>({ resource: replicaSets }) }
  const running = [seen.run(signal), pretendToRunPods(kubelet, signal)]
  t.teardown(async () => {
    stopping.abort()
    await Promise.all(running)
  })
  const log = await startController(t, await cluster.clientAs(10_000), {})
  await Promise.all([followed.rollouts.synced(signal), followed.replicaSets.synced(signal)])
  return {
    client: users,
    rollout: (name) => followed.rollouts.store.get(`default/${name}`),
    replicaSets: () => [...followed.replicaSets.store.values()],
    log,
  }
}

/** Watches that lag, each by itself, so that what they tell comes in another order than it happened; writes that are late, refused, or whose answer is lost. */
function commitFaults({ faults }: ApiServer): void {
  const some = (resource: string, verbs: readonly string[], probability: number, effect: FaultEffect): void => {
    faults.add({ match: { resource, verbs }, occurrence: { kind: 'probability', probability }, effect })
  }
  for (const resource of ['rollouts.argoproj.io', 'replicasets.apps', 'pods']) {
    some(resource, ['watch'], 0.5, { kind: 'holdEvents', ms: 10 })
    some(resource, ['watch'], 0.2, { kind: 'holdEvents', ms: 80 })
    some(resource, ['watch'], 0.2, { kind: 'cutWatch', afterEvents: 40 })
    some(resource, ['watch'], 0.2, { kind: 'repeatEvents', every: 3 })
  }
  for (const resource of ['rollouts.argoproj.io', 'rollouts.argoproj.io/status', 'replicasets.apps']) {
    some(resource, ['patch', 'create'], 0.3, { kind: 'delay', ms: 20 })
    some(resource, ['patch', 'create'], 0.02, { kind: 'refuse', code: 409 })
    some(resource, ['patch', 'create'], 0.02, { kind: 'refuse', code: 500 })
    some(resource, ['patch', 'create'], 0.02, { kind: 'drop', when: 'after' })
    some(resource, ['patch', 'create'], 0.02, { kind: 'drop', when: 'before' })
  }
}

/** Gives what it says. */
async function startController(
  t: Test,
  client: KubeClient,
  reflectorTimes: NonNullable<ControlOptions['reflectorTimes']>,
): Promise<readonly string[]> {
  const stopping = new AbortController()
  const { signal } = stopping
  const log: string[] = []
  const say = (message: string, fields: object = {}): void => void log.push(`${new Date().toISOString()} ${message} ${JSON.stringify(fields)}`)
  const synced = Promise.withResolvers<void>()
  const controlled = control(
    {
      client,
      scope: { instanceId: '' },
      identity: 'test',
      home: 'default',
      decide: (rollout, observed, now) => decide(rollout, observed, now, compileRegex),
      eventsOf: () => [],
      openReports: () => noEdges,
      edgeNamespaces: [],
      counts: openPassCounts(passBounds),
      isEdgeDefault: false,
      workers: 50,
      log: { info: say, warn: say, error: say },
      onSynced: () => synced.resolve(),
      reflectorTimes,
    },
    signal,
  )
  t.teardown(async () => {
    stopping.abort()
    await controlled
  })
  await Promise.race([synced.promise, controlled])
  return log
}

/** As a kubelet would in an instant. */
async function pretendToRunPods(client: KubeClient, signal: AbortSignal): Promise<void> {
  const informers = openInformers({ client, onFailure: () => undefined })
  const end = informers.of<Pod>({ resource: pods, namespace: 'default' }).store.subscribe(({ object }) => {
    if (object.metadata.deletionTimestamp !== undefined || isPodReady(object)) return
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '')
    const conditions = ['ContainersReady', 'Ready'].map((type) => ({ type, status: 'True', lastTransitionTime }))
    const { name } = object.metadata
    client
      .patch<KubeObject>(
        pods,
        { namespace: 'default', name },
        { kind: 'strategic', body: { status: { phase: 'Running', conditions } } },
        { subresource: 'status', signal },
      )
      .catch(() => undefined)
  })
  await informers.run(signal)
  end()
}
