// Two full versions side by side, and one switch between them.
import type { BlueGreenStrategy } from '../../src/api/rollout.ts'
import { blueGreen } from './cluster/manifests.ts'
import { type Stage, type Story, timeline } from './timeline.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

const story = (title: string, about: string, strategy: Partial<BlueGreenStrategy>, rest: Partial<Story> = {}): Story => ({
  title: `Blue-green: ${title}`,
  about,
  rollout: blueGreen({ replicas: 3 }, strategy),
  edges: ['east', 'west'],
  ...rest,
})

function begun({ apply, begins, runFor, user }: Stage): void {
  apply()
  runFor(minute)
  begins()
  user.setImage('shop:v2')
}

timeline(story('by itself', 'The new version is switched to as soon as all of it is ready; the old one stays 30 s more.', {}), (stage) => {
  begun(stage)
  stage.runFor(hour)
})

timeline(
  story('without edges', 'The Services are all there is: the active one is switched when the new version is full.', {}, { edges: [] }),
  (stage) => {
    begun(stage)
    stage.runFor(hour)
  },
)

timeline(story('by hand', 'The preview waits until somebody promotes.', { autoPromotionEnabled: false }), (stage) => {
  begun(stage)
  stage.runFor(hour)
  stage.user.promote()
  stage.runFor(hour)
})

timeline(story('after a while', 'Five minutes of preview, then the switch.', { autoPromotionSeconds: 300 }), (stage) => {
  begun(stage)
  stage.runFor(hour)
})

timeline(
  story('a small preview', 'One pod of preview; after the promotion it grows, and only then is switched to.', {
    autoPromotionEnabled: false,
    previewReplicaCount: 1,
  }),
  (stage) => {
    begun(stage)
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(hour)
  },
)

timeline(
  story('fast way back', 'Within its delay the old version is still there: back to it is a switch and nothing else.', {
    autoPromotionEnabled: false,
    scaleDownDelaySeconds: 300,
  }),
  (stage) => {
    begun(stage)
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(minute)
    stage.user.undo()
    stage.runFor(hour)
  },
)

timeline(story('abort', 'The preview is given up; its pods go 30 s later. Retry builds it anew.', { autoPromotionEnabled: false }), (stage) => {
  begun(stage)
  stage.runFor(minute)
  stage.user.abort()
  stage.runFor(2 * minute)
  stage.user.retry()
  stage.runFor(minute)
  stage.user.promoteFull()
  stage.runFor(hour)
})

timeline(
  story(
    'a preview that crashes',
    'Nothing is switched; the Rollout names the pod.',
    {},
    { images: { v2: { kind: 'CrashLoopBackOff', afterMs: 3 * second } } },
  ),
  (stage) => {
    begun(stage)
    stage.runFor(20 * minute)
    stage.user.setImage('shop:v3')
    stage.runFor(hour)
  },
)

timeline(story('a third version', 'It takes the place of the second in the preview.', { autoPromotionEnabled: false }), (stage) => {
  begun(stage)
  stage.runFor(minute)
  stage.user.setImage('shop:v3')
  stage.runFor(minute)
  stage.user.promote()
  stage.runFor(hour)
})

timeline(story('scaled on the way', 'From 3 to 6 pods, while the preview waits.', { autoPromotionEnabled: false }), (stage) => {
  begun(stage)
  stage.runFor(minute)
  stage.user.scale(6)
  stage.runFor(minute)
  stage.user.promote()
  stage.runFor(hour)
})
