// What people do in the middle of a release, and what comes of it at once.
import { edgeCanary } from './cluster/manifests.ts'
import { type Stage, type Story, timeline } from './timeline.ts'

const minute = 60_000
const hour = 60 * minute
const edges = ['east', 'west']
const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: '10m' } }]
const about = 'Steps: weight 20 · pause · weight 60 · pause 10m'

/** v1 is in place; v2 waits at its first pause. */
function midway({ apply, begins, runFor, user }: Stage): void {
  apply()
  runFor(minute)
  begins()
  user.setImage('shop:v2')
  runFor(minute)
}

const story = (title: string, more: string, rest: Partial<Story> = {}): Story => ({
  title,
  about: `${about}\n${more}`,
  rollout: edgeCanary(steps),
  edges,
  ...rest,
})

timeline(story('Promote full', 'The steps that are left are passed over; traffic still follows pods that are ready.'), (stage) => {
  midway(stage)
  stage.user.promoteFull()
  stage.runFor(hour)
})

timeline(story('Abort and retry', 'An abort takes the traffic away at once, and the pods 30 s later. Retry begins at the first step.'), (stage) => {
  midway(stage)
  stage.user.abort()
  stage.runFor(10 * minute)
  stage.user.retry()
  stage.runFor(2 * minute)
  stage.user.abort()
  stage.runFor(10_000)
  stage.user.promoteFull()
  stage.runFor(hour)
})

timeline(story('Abort at the last step', 'All of the traffic but a part is on the canary, and comes back in one go.'), (stage) => {
  midway(stage)
  stage.user.promote()
  stage.runFor(minute)
  stage.user.abort()
  stage.runFor(hour)
})

timeline(story('Abort when healthy', 'There is nothing to abort.'), (stage) => {
  stage.apply()
  stage.runFor(minute)
  stage.begins()
  stage.user.abort()
  stage.runFor(hour)
})

timeline(story('Undo mid-release', 'Back to the stable version: no steps, no pause.'), (stage) => {
  midway(stage)
  stage.user.undo(1)
  stage.runFor(hour)
})

timeline(story('Undo after a release', 'Back to the version before, which is a release like any other.'), (stage) => {
  midway(stage)
  stage.user.promoteFull()
  stage.runFor(10 * minute)
  stage.user.undo()
  stage.runFor(minute)
  stage.user.promote()
  stage.runFor(hour)
})

timeline(
  story('V1 to V2 to V3', 'A third version comes before the second has ended: the second goes, the third begins at the first step.'),
  (stage) => {
    midway(stage)
    stage.user.setImage('shop:v3')
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(hour)
  },
)

timeline(
  story('Scale from 5 to 20 to 3 mid-step', 'The canary keeps its share; its weight does not move.', {
    rollout: edgeCanary([{ setWeight: 30 }, { pause: {} }]),
    about: 'Steps: weight 30 · pause\nThe canary keeps its share of the pods; its weight does not move.',
  }),
  (stage) => {
    midway(stage)
    stage.user.scale(20)
    stage.runFor(minute)
    stage.user.scale(3)
    stage.runFor(minute)
    stage.user.promote()
    stage.runFor(hour)
  },
)

timeline(story('Scaled to nothing mid-release', 'With no pods wanted none are waited for, and no edge is asked how many it sees.'), (stage) => {
  midway(stage)
  stage.user.scale(0)
  stage.runFor(minute)
  stage.user.promote()
  stage.runFor(hour)
  stage.user.scale(2)
  stage.runFor(hour)
})

timeline(story('Manual pause', 'spec.paused holds whatever step the release is at; the weights stay as they are.'), (stage) => {
  midway(stage)
  stage.user.promote()
  stage.runFor(500)
  stage.user.pause()
  stage.runFor(hour)
  stage.user.scale(10)
  stage.runFor(minute)
  stage.user.resume()
  stage.runFor(hour)
})

timeline(story('Promote while a step is under way', 'It goes on to the next step without waiting for the pods of this one.'), (stage) => {
  stage.apply()
  stage.runFor(minute)
  stage.begins()
  stage.user.setImage('shop:v2')
  stage.runFor(2_000)
  stage.user.promote()
  stage.runFor(minute)
  stage.user.promote()
  stage.runFor(hour)
})

timeline(
  story('Restart within a budget', 'Pods older than the wish are evicted a few at a time, as the disruption budget and maxUnavailable allow.', {
    rollout: edgeCanary(steps, { replicas: 8 }),
    minAvailable: 7,
  }),
  (stage) => {
    stage.apply()
    stage.runFor(minute)
    stage.user.restart()
    stage.runFor(hour)
  },
)

timeline(story('Restart in the future', 'It is noted, and carried out then.'), (stage) => {
  stage.apply()
  stage.runFor(minute)
  stage.begins()
  stage.user.restart(10 * minute)
  stage.runFor(hour)
})

timeline(story('Steps are edited mid-release', 'The release begins anew at the first of the new steps, with the pods it has.'), (stage) => {
  midway(stage)
  stage.user.edit((spec) => ({
    ...spec,
    strategy: { canary: { ...spec.strategy?.canary, steps: [{ setWeight: 50 }, { pause: { duration: '1m' } }] } },
  }))
  stage.runFor(hour)
})

timeline(story('Deletion mid-release', 'Whatever it owns goes with it.'), (stage) => {
  midway(stage)
  stage.user.delete()
  stage.runFor(hour)
})
