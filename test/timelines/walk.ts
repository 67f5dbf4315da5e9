/** A random walk: some Rollout, some cluster, whatever people and faults may do to them; then peace, and the end that it must reach. */
import type { BlueGreenStrategy, CanaryStep, Rollout } from '../../src/api/rollout.ts'
import { edgePlugin, podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import { decide } from '../../src/core/rollout/decide.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import { isPodActive } from '../../src/sandbox/controllers/podAvailability.ts'
import type { Watcher } from './cluster/loop.ts'
import { blueGreen, edgeCanary, podCanary, versionOf } from './cluster/manifests.ts'
import { type ImageFate, imageOf } from './cluster/pods.ts'
import { type Kind, kinds } from './cluster/store.ts'
import { openWorld, type World } from './cluster/world.ts'
import { watchInvariants } from './invariants.ts'

export type Random = (below: number) => number
/** What may go wrong. */
export type Faults = {
  /** Of a thousand writes: refused, crashed before, crashed after. */
  readonly writes: number
  /** Whether knowledge is late, by kind and by edge. */
  readonly lags: boolean
  readonly edges: boolean
  readonly pods: boolean
}

export type Walk = { readonly broken: readonly string[]; readonly passes: number; readonly deeds: readonly string[] }

const second = 1_000
const minute = 60 * second

export function walk(random: Random, faults: Faults, deeds: number): Walk {
  const rollout = someRollout(random)
  const told: string[] = [JSON.stringify(rollout.spec.strategy), `replicas ${rollout.spec.replicas}`]
  let passes = 0
  let isCalm = false
  const invariants = watchInvariants(() => world, { hasFaults: faults.pods })
  const trouble: Watcher = {
    ...invariants.watcher,
    onPass(pass) {
      passes++
      invariants.watcher.onPass?.(pass)
    },
    beforeWrite() {
      if (isCalm || random(1_000) >= faults.writes) return undefined
      return (['crash', 'lose', 'refuse'] as const)[random(3)]
    },
  }
  const lag = (most: number): number => (faults.lags && !isCalm ? random(most) : 0)
  const world = openWorld({
    rollout,
    decide: (rollout, observed, now) => decide(rollout, observed, now, compileRegex),
    edges: ['east', 'west'].slice(0, random(8) === 0 ? 0 : 1 + random(2)),
    watcher: trouble,
    images: { v9: { kind: 'ready', afterMs: second } },
    lags: { cacheMs: () => lag(1_500), edgeMs: () => 100 + lag(5_000), replicaSetMs: () => lag(800), terminationMs: 6_000, drainMs: 2_000 },
  })
  const settle = (ms: number): void => world.runFor(ms, () => (faults.lags ? invariants.atAnyInstant() : invariants.atInstantsEnd()))

  try {
    world.apply()
    if (random(4) > 0) settle(minute)
    for (let done = 0; done < deeds; done++) {
      told.push(`${(world.clock.now() - world.start) / second} s: ${someDeed(world, random, faults)}`)
      settle([0, 300, 1_500, 7_000, 40_000, 5 * minute][random(6)]!)
    }
    isCalm = true
    calm(world)
    told.push(`${(world.clock.now() - world.start) / second} s: peace`)
    settle(30 * minute)
    invariants.atInstantsEnd()
    return { broken: [...invariants.broken, ...unfinished(world)], passes, deeds: told }
  } catch (error) {
    return { broken: [...invariants.broken, error instanceof Error ? `${error.stack}` : String(error)], passes, deeds: told }
  }
}

/** Everything works again, and people want the release to end. */
function calm(world: World): void {
  for (const version of ['v1', 'v2', 'v3', 'v4']) world.setFate(version, { kind: 'ready', afterMs: second })
  world.pods.retry()
  world.loop.cache.release()
  if (world.edges().length === 0) world.addEdge('late').start()
  for (const edge of world.edges()) {
    if (edge.serving() === undefined) edge.start()
    edge.thaw()
    edge.speak()
  }
  world.runFor(minute)
  world.user.edit((spec) => ({ ...spec, paused: false }))
  world.user.retry()
  world.runFor(minute)
  world.user.promoteFull()
}

/** Whether it is not at its end: the version of the spec, all of it, and nothing else. */
function unfinished(world: World): readonly string[] {
  const { spec, status = {} } = world.rollout()!
  const complaints: string[] = []
  if (status.phase !== 'Healthy') complaints.push(`never ends: ${status.phase} ${status.message ?? ''}`)
  if (status.stableRS !== status.currentPodHash) complaints.push('its stable version is not the latest')
  const wanted = versionOf(imageOf({ spec: spec.template!.spec }))
  for (const set of world.store.list('ReplicaSet')) {
    const isLatest = versionOf(imageOf({ spec: set.spec.template!.spec })) === wanted
    const expected = isLatest ? (spec.replicas ?? 1) : 0
    if (set.spec.replicas !== expected) complaints.push(`${set.metadata.name} has ${set.spec.replicas} pods, not ${expected}`)
    if (isLatest && set.metadata.labels?.[podTemplateHashLabel] !== status.currentPodHash) complaints.push('the latest version has another hash')
  }
  const pods = world.store.list('Pod').filter(isPodActive)
  if (pods.length !== (spec.replicas ?? 1)) complaints.push(`${pods.length} pods in all, not ${spec.replicas}`)
  for (const edge of world.edges())
    for (const service of edge.serving()?.split?.spec.services ?? [])
      for (const { podTemplateHash, weight } of service.weights)
        if (weight > 0 && podTemplateHash !== status.stableRS) complaints.push(`${edge.name} still sends ${weight} to ${podTemplateHash}`)
  for (const service of world.store.list('Service')) {
    const selected = service.spec.selector?.[podTemplateHashLabel]
    if (service.metadata.ownerReferences === undefined && selected !== undefined && selected !== status.stableRS)
      complaints.push(`Service ${service.metadata.name} points at ${selected}`)
  }
  return complaints
}

function someRollout(random: Random): Rollout {
  const options = {
    replicas: 1 + random(8),
    ...(random(4) === 0 && { progressDeadlineSeconds: 20 + random(60) }),
    ...(random(4) === 0 && { minReadySeconds: random(5) }),
    ...(random(6) === 0 && { progressDeadlineAbort: true }),
    ...(random(6) === 0 && { revisionHistoryLimit: random(3) }),
  }
  const delays = {
    ...(random(3) === 0 && { abortScaleDownDelaySeconds: random(2) * 20 }),
  }
  switch (random(5)) {
    case 0:
    case 1:
    case 2:
      return edgeCanary(someSteps(random, true), options, {
        ...delays,
        ...(random(2) === 0 && { trafficRouting }),
        ...(random(3) === 0 && { scaleDownDelaySeconds: random(90) }),
      })
    case 3: {
      const surge = random(3) === 0 ? {} : { maxSurge: 1 + random(3), maxUnavailable: random(3) }
      const services = random(2) === 0 ? {} : { stableService: 'shop-stable', canaryService: 'shop-canary' }
      return podCanary(someSteps(random, false), options, { ...surge, ...services })
    }
    default:
      return blueGreen(options, { ...delays, ...someBlueGreen(random, options.replicas) })
  }
}

const trafficRouting = { plugins: { [edgePlugin]: {} }, managedRoutes: [{ name: 'mirror' }, { name: 'header' }] }

function someBlueGreen(random: Random, replicas: number): Partial<BlueGreenStrategy> {
  return {
    ...(random(2) === 0 && { autoPromotionEnabled: false }),
    ...(random(3) === 0 && { autoPromotionSeconds: 10 + random(60) }),
    ...(random(3) === 0 && { previewReplicaCount: 1 + random(replicas) }),
    ...(random(3) === 0 && { scaleDownDelaySeconds: random(200) }),
  }
}

function someSteps(random: Random, hasEdge: boolean): readonly CanaryStep[] {
  return Array.from({ length: random(6) }, (): CanaryStep => {
    switch (random(hasEdge ? 9 : 5)) {
      case 0:
      case 1:
      case 2:
        return { setWeight: [0, 1, 10, 33, 50, 80, 100][random(7)]! }
      case 3:
        return { pause: { duration: 5 + random(100) } }
      case 4:
        return { pause: {} }
      case 5:
        return { setCanaryScale: [{ replicas: random(6) }, { weight: random(101) }, { matchTrafficWeight: true }][random(3)]! }
      case 6:
        return { setHeaderRoute: { name: 'header', ...(random(3) > 0 && { match: [{ headerName: 'x', headerValue: { exact: 'y' } }] }) } }
      case 7:
        return { setMirrorRoute: { name: 'mirror', ...(random(3) > 0 && { percentage: 50, match: [{ method: { exact: 'GET' } }] }) } }
      default:
        return { setWeight: random(101) }
    }
  })
}

const tags = ['v1', 'v2', 'v3', 'v4']

/** Carries it out, and says what it was. */
function someDeed(world: World, random: Random, faults: Faults): string {
  const { user } = world
  const deeds: (() => string)[] = [
    () => say(`set image ${image(random)}`, (words) => user.setImage(`shop:${words.slice(-2)}`)),
    () => say(`set image ${image(random)}`, (words) => user.setImage(`shop:${words.slice(-2)}`)),
    () => say('promote', user.promote),
    () => say('promote', user.promote),
    () => say('promote --full', user.promoteFull),
    () => say('abort', user.abort),
    () => say('retry', user.retry),
    () => say('pause', user.pause),
    () => say('resume', user.resume),
    () => say(`scale ${faults.lags ? 1 + random(8) : random(9)}`, (words) => user.scale(Number(words.slice(-1)))),
    () => say('restart', () => user.restart()),
    () => say('steps edited', () => editSteps(world, random)),
    () => say('nothing', () => undefined),
  ]
  if (faults.pods) deeds.push(...podFaults(world, random))
  if (faults.edges && world.edges().length > 0) deeds.push(...edgeFaults(world, random))
  if (faults.lags) {
    deeds.push(
      () => say(`hold ${kinds[random(kinds.length)]!}`, (words) => world.loop.cache.hold(words.slice(5) as Kind)),
      () => say('release', world.loop.cache.release),
      () => say('release', world.loop.cache.release),
    )
  }
  if (faults.writes > 0) deeds.push(() => say('the controller restarts', world.loop.restart))
  return deeds[random(deeds.length)]!()
}

function say(words: string, run: (words: string) => void): string {
  run(words)
  return words
}

function image(random: Random): string {
  return tags[random(tags.length)]!
}

function editSteps(world: World, random: Random): void {
  world.user.edit((spec) => {
    const { canary } = spec.strategy ?? {}
    return canary === undefined
      ? spec
      : { ...spec, strategy: { canary: { ...canary, steps: someSteps(random, canary.trafficRouting !== undefined) } } }
  })
}

function podFaults(world: World, random: Random): (() => string)[] {
  const fates: readonly ImageFate[] = [
    { kind: 'never ready' },
    { kind: 'Unschedulable' },
    { kind: 'CrashLoopBackOff', afterMs: second },
    { kind: 'ready', afterMs: 20 * second },
    { kind: 'ready', afterMs: second },
  ]
  const somePod = (): string | undefined => {
    const pods = world.store.list('Pod').filter(isPodActive)
    return pods[random(Math.max(1, pods.length))]?.metadata.name
  }
  return [
    () => {
      const fate = fates[random(fates.length)]!
      const tag = image(random)
      world.setFate(tag, fate)
      return `${tag} becomes ${JSON.stringify(fate)}`
    },
    () => say(`crash of ${somePod()}`, (words) => world.pods.crash(words.slice(9))),
    () => say(`end of ${somePod()}`, (words) => world.pods.delete(words.slice(7))),
  ]
}

function edgeFaults(world: World, random: Random): (() => string)[] {
  const edges = world.edges()
  const edge = edges[random(edges.length)]!
  return [
    () => say(`${edge.name} silent`, edge.fallSilent),
    () => say(`${edge.name} speaks`, edge.speak),
    () => say(`${edge.name} stuck`, edge.freeze),
    () => say(`${edge.name} goes on`, edge.thaw),
    () => say(`${edge.name} stops`, edge.stop),
    () => say(`${edge.name} starts`, edge.start),
  ]
}
