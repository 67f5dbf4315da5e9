// The controller dies before or after any one of its writes, at each of them in turn: what comes out is the same as if it never had.
import t from 'tap'
import type { Rollout } from '../../src/api/rollout.ts'
import { podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import { decide } from '../../src/core/rollout/decide.ts'
import { compileRegex } from '../../src/lib/regex.ts'
import { blueGreen, edgeCanary, podCanary, versionOf } from './cluster/manifests.ts'
import { imageOf } from './cluster/pods.ts'
import { openWorld, type World } from './cluster/world.ts'
import { watchInvariants } from './invariants.ts'

const minute = 60_000

type Scenario = { readonly name: string; readonly rollout: Rollout; readonly play: (world: World, runFor: (ms: number) => void) => void }

const steps = [{ setWeight: 20 }, { pause: { duration: '1m' } }, { setWeight: 60 }, { pause: { duration: '1m' } }]

const scenarios: readonly Scenario[] = [
  { name: 'a release', rollout: edgeCanary(steps), play: () => undefined },
  {
    name: 'abort and retry',
    rollout: edgeCanary(steps),
    play({ user }, runFor) {
      user.abort()
      runFor(5 * minute)
      user.retry()
    },
  },
  { name: 'promote --full', rollout: edgeCanary(steps), play: ({ user }) => user.promoteFull() },
  { name: 'undo', rollout: edgeCanary(steps), play: ({ user }) => user.undo(1) },
  { name: 'a third version', rollout: edgeCanary(steps), play: ({ user }) => user.setImage('shop:v3') },
  {
    name: 'scaling mid-step',
    rollout: edgeCanary(steps),
    play({ user }, runFor) {
      user.scale(20)
      runFor(10_000)
      user.scale(3)
    },
  },
  {
    name: 'a manual pause',
    rollout: edgeCanary(steps),
    play({ user }, runFor) {
      user.pause()
      runFor(5 * minute)
      user.resume()
    },
  },
  {
    name: 'a release with pods alone',
    rollout: podCanary(steps, { replicas: 4 }, { stableService: 'shop-stable', canaryService: 'shop-canary' }),
    play: () => undefined,
  },
  { name: 'a blue-green switch', rollout: blueGreen({}, { autoPromotionSeconds: 60 }), play: () => undefined },
  {
    name: 'a blue-green switch and back',
    rollout: blueGreen({}, { scaleDownDelaySeconds: 300 }),
    play: ({ user }) => user.undo(1),
  },
  { name: 'a blue-green abort', rollout: blueGreen({}, { autoPromotionSeconds: 60 }), play: ({ user }) => user.abort() },
]

type Crash = { readonly write: number; readonly kind: 'crash' | 'lose' }

/** How things stand at the end, and how many writes it took. */
function outcome(
  { rollout, play }: Scenario,
  crash?: Crash,
): { readonly state: unknown; readonly writes: number; readonly broken: readonly string[] } {
  let writes = 0
  const invariants = watchInvariants(() => world)
  const world: World = openWorld({
    rollout,
    edges: ['east', 'west'],
    decide: (rollout, observed, now) => decide(rollout, observed, now, compileRegex),
    watcher: { ...invariants.watcher, beforeWrite: () => (writes++ === crash?.write ? crash.kind : undefined) },
  })
  // At rest is looked for once only: it takes as many decisions again.
  const runFor = (ms: number): void => world.runFor(ms, crash ? invariants.atAnyInstant : invariants.atInstantsEnd)
  world.apply()
  runFor(minute)
  world.user.setImage('shop:v2')
  runFor(30_000)
  play(world, runFor)
  runFor(60 * minute)
  invariants.atInstantsEnd()
  return { state: stateOf(world), writes, broken: invariants.broken }
}

function stateOf({ store, rollout }: World): unknown {
  const version = (hash: string | undefined): string | undefined => {
    const set = store.list('ReplicaSet').find(({ metadata }) => metadata.labels?.[podTemplateHashLabel] === hash)
    return set && versionOf(imageOf({ spec: set.spec.template!.spec }))
  }
  const { phase, message, stableRS, currentPodHash, currentStepIndex, pauseConditions } = rollout()?.status ?? {}
  return {
    status: { phase, message, stable: version(stableRS), current: version(currentPodHash), currentStepIndex, pauses: pauseConditions?.length ?? 0 },
    sets: store
      .list('ReplicaSet')
      .map((set) => `${version(set.metadata.labels?.[podTemplateHashLabel])} ${set.spec.replicas}`)
      .sort(),
    services: store
      .list('Service')
      .map(({ metadata, spec }) => `${metadata.name} ${version(spec.selector?.[podTemplateHashLabel])}`)
      .sort(),
    splits: store.list('TrafficSplit').map(({ spec }) => spec),
  }
}

for (const scenario of scenarios)
  t.test(scenario.name, async (t) => {
    const { state, writes, broken } = outcome(scenario)
    t.strictSame(broken, [], 'undisturbed, it breaks nothing')
    for (let write = 0; write < writes; write++)
      for (const kind of ['crash', 'lose'] as const) {
        const crashed = outcome(scenario, { write, kind })
        const when = `${kind === 'crash' ? 'before' : 'after'} write ${write} of ${writes}`
        if (JSON.stringify(crashed.broken) !== JSON.stringify(broken)) t.strictSame(crashed.broken, [], `dying ${when} breaks nothing`)
        if (JSON.stringify(crashed.state) !== JSON.stringify(state)) t.strictSame(crashed.state, state, `dying ${when} changes nothing`)
      }
    t.pass(`${2 * writes} deaths`)
  })
