// Canaries without an edge: the number of pods is the weight.
import { podCanary } from './cluster/manifests.ts'
import { type Stage, timeline } from './timeline.ts'

const minute = 60_000
const hour = 60 * minute

function begun({ apply, begins, runFor, user }: Stage): void {
  apply()
  runFor(minute)
  begins()
  user.setImage('shop:v2')
}

timeline(
  {
    title: 'Canary with pods alone',
    about: 'Ten pods, maxSurge 1, maxUnavailable 0. Steps: weight 10 · pause 1m · weight 50 · pause 1m',
    rollout: podCanary(
      [{ setWeight: 10 }, { pause: { duration: '1m' } }, { setWeight: 50 }, { pause: { duration: '1m' } }],
      { replicas: 10 },
      { maxSurge: 1, maxUnavailable: 0 },
    ),
  },
  (stage) => {
    begun(stage)
    stage.runFor(hour)
  },
)

timeline(
  {
    title: 'Rolling update',
    about: 'A canary without steps is a rolling update. Four pods, by default a quarter more and a quarter less.',
    rollout: podCanary([], { replicas: 4 }),
  },
  (stage) => {
    begun(stage)
    stage.runFor(hour)
  },
)

timeline(
  {
    title: 'Pods alone with Services',
    about: 'Two Services follow the stable and the canary pods. Five pods. Steps: weight 40 · pause. Then an abort, a retry, and promotion.',
    rollout: podCanary([{ setWeight: 40 }, { pause: {} }], {}, { stableService: 'shop-stable', canaryService: 'shop-canary' }),
  },
  (stage) => {
    begun(stage)
    stage.runFor(minute)
    stage.user.abort()
    stage.runFor(minute)
    stage.user.retry()
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(hour)
  },
)

timeline(
  {
    title: 'Pods alone and a canary that crashes',
    about: 'Four pods, maxSurge 100%: stable keeps what it must. Scaled to 8 and back to 4 on the way.',
    rollout: podCanary([{ setWeight: 75 }, { pause: { duration: '1m' } }], { replicas: 4 }, { maxSurge: '100%', maxUnavailable: 0 }),
    images: { v2: { kind: 'CrashLoopBackOff', afterMs: 3_000 } },
  },
  (stage) => {
    begun(stage)
    stage.runFor(minute)
    stage.user.scale(8)
    stage.runFor(minute)
    stage.user.scale(4)
    stage.runFor(minute)
    stage.user.abort()
    stage.runFor(hour)
  },
)

timeline(
  {
    title: 'Pods alone from V1 to V2 to V3',
    about: 'Six pods. The second version is taken down before the third grows. Steps: weight 50 · pause 1m',
    rollout: podCanary([{ setWeight: 50 }, { pause: { duration: '1m' } }], { replicas: 6 }),
  },
  (stage) => {
    begun(stage)
    stage.runFor(30_000)
    stage.user.setImage('shop:v3')
    stage.runFor(hour)
  },
)

timeline(
  {
    title: 'Pods alone, paused by hand and scaled',
    about: 'Growth is served while the release is paused by hand. Five pods. Steps: weight 20 · pause · weight 60',
    rollout: podCanary([{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }]),
  },
  (stage) => {
    begun(stage)
    stage.runFor(minute)
    stage.user.pause()
    stage.runFor(minute)
    stage.user.scale(10)
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(hour)
  },
)

timeline(
  {
    title: 'Pods alone, paused by hand, from 1 to 4 and aborted',
    about:
      'One stable and one canary pod are as much as surge allows; of four, they are five. An abort is carried out although the Rollout is paused.',
    rollout: podCanary([{ setWeight: 50 }, { pause: {} }], { replicas: 1 }, { maxSurge: 1, maxUnavailable: 0 }),
  },
  (stage) => {
    begun(stage)
    stage.runFor(minute)
    stage.user.pause()
    stage.runFor(minute)
    stage.user.scale(4)
    stage.runFor(minute)
    stage.user.abort()
    stage.runFor(hour)
  },
)
