// No wish is ever lost: whatever the controller is writing at that moment, and however late it learns of anything. RACES=1000 by hand; KUBE_UP for a real server.
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Rollout } from '../../src/api/rollout.ts'
import { desiredReplicasAnnotation, podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import type { ReplicaSet } from '../../src/api/workloads.ts'
import { rollouts } from '../../src/controller/resources.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import { compareVersions } from '../../src/kube/resource.ts'
import { randomFrom } from '../edge/http/harness.ts'
import { shop, templateOf } from './manifests.ts'
import { openTrack, type Track } from './raceTrack.ts'

const races = Number(process.env['RACES'] ?? 12)
const lanes = Math.min(races, Number(process.env['LANES'] ?? 6))
/** A wish that has no effect for so long is lost: nothing else will come to remind of it. */
const lostMs = 10_000
/** Of what else happens around a race. */
const patienceMs = 30_000
/** Within what time of the update the wish comes: whatever the controller does about it falls into that. */
const spreadMs = 150
t.setTimeout(120_000 + races * 3_000)

type Lane = {
  readonly name: string
  readonly below: (end: number) => number
  /** As last seen. */
  rollout(): Rollout
  /** That of the hash, as last seen. */
  set(hash: string | undefined): ReplicaSet | undefined
  sets(): readonly ReplicaSet[]
  patch(body: object, subresource?: string): Promise<void>
  /** Another image than ever before. */
  update(): Promise<string>
  until(what: string, holds: () => boolean, withinMs?: number): Promise<void>
}

class Late extends Error {}

/** A user whose command fails repeats it. */
async function persistently(command: () => Promise<Rollout>): Promise<Rollout | undefined> {
  const untilMs = performance.now() + patienceMs
  for (;;) {
    try {
      return await command()
    } catch (error) {
      if (isKubeError(error, 'alreadyExists')) return undefined
      if (!isKubeError(error, 'conflict', 'unavailable', 'noAnswer') || performance.now() > untilMs) throw error
    }
  }
}

function openLane(track: Track, name: string, below: (end: number) => number): Lane {
  const rollout = (): Rollout => track.rollout(name)!
  const sets = (): readonly ReplicaSet[] =>
    track.replicaSets().filter(({ metadata }) => metadata.ownerReferences?.[0]?.name === name && metadata.deletionTimestamp === undefined)
  let images = 0
  let version: string | undefined

  async function patch(body: object, subresource?: string): Promise<void> {
    const options = subresource === undefined ? {} : { subresource }
    const written = await persistently(() => track.client.patch<Rollout>(rollouts, { namespace: 'default', name }, { kind: 'merge', body }, options))
    version = written?.metadata.resourceVersion
  }

  /** What was seen is not older than what was written last. */
  const isCurrent = (): boolean => (compareVersions(rollout()?.metadata.resourceVersion, version) ?? 0) >= 0

  return {
    name,
    below,
    rollout,
    sets,
    set: (hash) => sets().find(({ metadata }) => metadata.labels?.[podTemplateHashLabel] === hash),
    patch,
    async update() {
      const image = `shop:${++images}`
      await patch({ spec: { template: templateOf(image) } })
      return image
    },
    async until(what, holds, withinMs = patienceMs) {
      const untilMs = performance.now() + withinMs
      while (!isCurrent() || !holds()) {
        if (performance.now() > untilMs)
          throw new Late(
            `${name}, not within ${withinMs} ms: ${what}\n${JSON.stringify({ status: rollout()?.status, sets: sets().map(told) })}\n${track.log
              .filter((line) => line.includes(`/${name}"`))
              .slice(-8)
              .join('\n')}`,
          )
        await delay(40)
      }
    },
  }
}

function told({ metadata, spec, status }: ReplicaSet): object {
  return {
    name: metadata.name,
    replicas: spec.replicas,
    available: status?.availableReplicas,
    images: spec.template?.spec.containers.map(({ image }) => image),
  }
}

const isObserved = ({ metadata, status }: Rollout): boolean => status?.observedGeneration === String(metadata.generation)
const isHealthy = (rollout: Rollout): boolean => isObserved(rollout) && rollout.status?.phase === 'Healthy' && rollout.status.promoteFull !== true
const isPausedAtStep = (rollout: Rollout): boolean => isObserved(rollout) && rollout.status?.message === 'CanaryPauseStep'
const sizes = (lane: Lane): number => lane.sets().reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
const imageOf = (set: ReplicaSet | undefined): string | undefined => set?.spec.template?.spec.containers[0]?.image

/** A wish, from a rollout that is at rest, at a moment in the midst of an update; resolves when it has taken effect. */
type Race = (lane: Lane, wished: () => void) => Promise<void>

const kinds: Readonly<Record<string, Race>> = {
  async edit(lane, wished) {
    await lane.update()
    await delay(lane.below(spreadMs))
    const image = await lane.update()
    wished()
    await lane.until(
      `pods of ${image}`,
      () => {
        const set = lane.set(lane.rollout().status?.currentPodHash)
        return isObserved(lane.rollout()) && imageOf(set) === image && (set?.spec.replicas ?? 0) > 0
      },
      lostMs,
    )
  },
  async scale(lane, wished) {
    await lane.update()
    await delay(lane.below(spreadMs))
    const replicas = [2, 3, 5, 6].filter((count) => count !== lane.rollout().spec.replicas)[lane.below(3)]!
    await lane.patch({ spec: { replicas } }, 'scale')
    wished()
    await lane.until(
      `${replicas} pods`,
      () => {
        const { status } = lane.rollout()
        const sized = lane.set(status?.stableRS)?.metadata.annotations?.[desiredReplicasAnnotation]
        return isObserved(lane.rollout()) && sized === String(replicas) && [replicas, replicas + 1].includes(sizes(lane))
      },
      lostMs,
    )
  },
  async abort(lane, wished) {
    await lane.update()
    await lane.until('it is begun', () => isBegun(lane))
    await delay(lane.below(spreadMs))
    await lane.patch({ status: { abort: true } }, 'status')
    wished()
    await lane.until('all pods are of the stable version', () => isAborted(lane), lostMs)
  },
  async promote(lane, wished) {
    await lane.update()
    await lane.until('the pause', () => isPausedAtStep(lane.rollout()))
    // Something for the controller to write about, at about the same time.
    const { replicas = 4 } = lane.rollout().spec
    const distraction = delay(lane.below(spreadMs)).then(() => lane.patch({ spec: { replicas: replicas === 4 ? 5 : 4 } }, 'scale'))
    await delay(lane.below(spreadMs))
    await lane.patch({ status: { pauseConditions: null } }, 'status')
    wished()
    await lane.until('promoted', () => lane.rollout().status?.stableRS === lane.rollout().status?.currentPodHash, lostMs)
    await distraction
  },
  async retry(lane, wished) {
    await lane.update()
    await lane.until('it is begun', () => isBegun(lane))
    await lane.patch({ status: { abort: true } }, 'status')
    await delay(lane.below(spreadMs))
    await lane.patch({ status: { abort: false } }, 'status')
    wished()
    await lane.until(
      'the pause is reached again',
      () => isPausedAtStep(lane.rollout()) && (lane.set(lane.rollout().status?.currentPodHash)?.spec.replicas ?? 0) > 0,
      lostMs,
    )
  },
}

function isAborted(lane: Lane): boolean {
  const { spec, status } = lane.rollout()
  const { currentPodHash, stableRS, abort, phase } = status ?? {}
  const isDown = lane.set(currentPodHash)?.spec.replicas === 0 && lane.set(stableRS)?.spec.replicas === spec.replicas
  return isObserved(lane.rollout()) && abort === true && phase === 'Degraded' && isDown
}

/** As its users would see it. */
function isBegun({ rollout }: Lane): boolean {
  return rollout().status?.currentPodHash !== rollout().status?.stableRS
}

async function runLane(
  track: Track,
  race: Race,
  { name, below, count }: { readonly name: string; readonly below: (end: number) => number; readonly count: number },
) {
  const lane = openLane(track, name, below)
  const waits: number[] = []
  const lost: string[] = []
  for (let i = 0; i < count; i++) {
    let wishedMs = Number.NaN
    try {
      await race(lane, () => {
        wishedMs = performance.now()
      })
      waits.push(performance.now() - wishedMs)
    } catch (error) {
      if (!(error instanceof Late)) throw error
      lost.push(error.message)
      if (lost.length > 2) break
    }
    await lane.patch({ status: { promoteFull: true, abort: false } }, 'status')
    await lane.until('it is at rest', () => isHealthy(lane.rollout()))
  }
  return { waits, lost }
}

async function runKind(t: Test, track: Track, kind: string): Promise<void> {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.comment(`${kind}: seed ${seed}`)
  const startedMs = performance.now()
  const results = await Promise.all(
    Array.from({ length: lanes }, async (_, i) => {
      const name = `${kind}-${i}`
      const below = randomFrom(seed + i)
      const created = { ...shop('shop:0', { revisionHistoryLimit: 0 }), metadata: { namespace: 'default', name } }
      await persistently(() => track.client.create<Rollout>(rollouts, created))
      const lane = openLane(track, name, below)
      await lane.until('it is there', () => lane.rollout() !== undefined && isHealthy(lane.rollout()))
      return runLane(track, kinds[kind]!, { name, below, count: Math.ceil(races / lanes) })
    }),
  )
  const lost = results.flatMap((result) => result.lost)
  const waits = results.flatMap((result) => result.waits).sort((a, b) => a - b)
  const at = (share: number): number => Math.round(waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN)
  for (const each of lost.slice(0, 5)) t.comment(each)
  t.strictSame(lost.length, 0, `no ${kind} of ${waits.length + lost.length} is lost`)
  t.comment(
    `${kind}: ${waits.length} in ${Math.round((performance.now() - startedMs) / 1_000)} s; in effect after ${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (longest)`,
  )
}

t.test('no wish is lost', async (t) => {
  const track = await openTrack(t)
  await Promise.all(Object.keys(kinds).map((kind) => runKind(t, track, kind)))
  for (const what of ['could not be looked after', 'has not come back', 'overtaken', 'action failed']) {
    const lines = track.log.filter((line) => line.includes(what))
    t.comment(`${lines.length} times: ${what}`, ...lines.slice(0, 2))
  }
})
