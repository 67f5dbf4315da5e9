// Pods that do not come, and edges that do not answer.
import { edgeCanary } from './cluster/manifests.ts'
import { type Stage, type Story, timeline } from './timeline.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const edges = ['east', 'west']
const steps = [{ setWeight: 20 }, { pause: { duration: '1m' } }, { setWeight: 60 }, { pause: { duration: '1m' } }]
const about = 'Steps: weight 20 · pause 1m · weight 60 · pause 1m'

function begun({ apply, begins, runFor, user }: Stage): void {
  apply()
  runFor(minute)
  begins()
  user.setImage('shop:v2')
}

const story = (title: string, more: string, rest: Partial<Story> = {}): Story => ({
  title,
  about: `${about}\n${more}`,
  rollout: edgeCanary(steps),
  edges,
  ...rest,
})

for (const [title, fate] of [
  ['Canary crashes', { kind: 'CrashLoopBackOff', afterMs: 3 * second }],
  ['Canary cannot be scheduled', { kind: 'Unschedulable' }],
  ['Canary image is missing', { kind: 'ImagePullBackOff' }],
  ['Canary is never ready', { kind: 'never ready' }],
] as const)
  timeline(
    story(title, 'No request goes to it; the Rollout names the pod and what it lacks. A corrected version releases as usual.', {
      images: { v2: fate },
    }),
    (stage) => {
      begun(stage)
      stage.runFor(20 * minute)
      stage.user.setImage('shop:v3')
      stage.runFor(hour)
    },
  )

timeline(
  story('Progress deadline and late pods', 'It is missed, and told; pods that come after all go on with the release.', {
    rollout: edgeCanary(steps, { progressDeadlineSeconds: 60 }),
    images: { v2: { kind: 'ready', afterMs: 90 * second } },
  }),
  (stage) => {
    begun(stage)
    stage.runFor(hour)
  },
)

timeline(
  story('Abort on the progress deadline', 'With progressDeadlineAbort a missed deadline is an abort.', {
    rollout: edgeCanary(steps, { progressDeadlineSeconds: 60, progressDeadlineAbort: true }),
    images: { v2: { kind: 'Unschedulable' } },
  }),
  (stage) => {
    begun(stage)
    stage.runFor(hour)
  },
)

timeline(story('Canary pods crash under traffic', 'Requests fall back to stable at the edges at once; the weight follows.'), (stage) => {
  begun(stage)
  stage.runFor(30 * second)
  stage.setFate('v2', { kind: 'CrashLoopBackOff', afterMs: second })
  stage.says('every pod of v2 crashes')
  for (const pod of stage.store.list('Pod')) if (pod.spec.containers[0]?.image === 'shop:v2') stage.pods.crash(pod.metadata.name)
  stage.runFor(5 * minute)
  stage.user.abort()
  stage.runFor(hour)
})

timeline(
  story(
    'First version crashes',
    'It is the stable version all the same; a correction is a release with steps, which its broken pods do not hold up.',
    {
      images: { v1: { kind: 'CrashLoopBackOff', afterMs: 3 * second } },
    },
  ),
  (stage) => {
    stage.apply()
    stage.runFor(minute)
    stage.user.setImage('shop:v2')
    stage.runFor(hour)
  },
)

timeline(story('An edge falls silent', 'Nothing is known of what it does: the release holds, and goes on when it is heard again.'), (stage) => {
  begun(stage)
  stage.runFor(30 * second)
  stage.edge('west').fallSilent()
  stage.says('west is not heard any more')
  stage.runFor(5 * minute)
  stage.edge('west').speak()
  stage.says('west is heard again')
  stage.runFor(hour)
})

timeline(story('An edge falls silent, and people abort', 'An abort never waits.'), (stage) => {
  begun(stage)
  stage.runFor(30 * second)
  stage.edge('west').fallSilent()
  stage.says('west is not heard any more')
  stage.runFor(2 * minute)
  stage.user.abort()
  stage.runFor(5 * minute)
  stage.edge('west').speak()
  stage.says('west is heard again')
  stage.runFor(hour)
})

timeline(story('An edge lags', 'West does not learn the new weight for two minutes: no step ends before it has.'), (stage) => {
  begun(stage)
  stage.runFor(2 * second)
  stage.edge('west').freeze()
  stage.says('west is stuck')
  stage.runFor(2 * minute)
  stage.edge('west').thaw()
  stage.says('west goes on')
  stage.runFor(hour)
})

timeline(story('An edge comes and one goes', 'A new edge must agree as the others do; one that is gone need not.'), (stage) => {
  begun(stage)
  stage.runFor(10 * second)
  stage.addEdge('south').start()
  stage.says('south starts')
  stage.runFor(10 * second)
  stage.edge('west').stop()
  stage.says('west stops')
  stage.runFor(hour)
})

timeline(story('No edge', 'Nobody carries the weights out: the release holds. Promote passes the hold.', { edges: [] }), (stage) => {
  begun(stage)
  stage.runFor(5 * minute)
  stage.user.promote()
  stage.runFor(5 * minute)
  stage.user.promoteFull()
  stage.runFor(hour)
})

timeline(story('All edges go mid-release', 'The release holds until one is back.'), (stage) => {
  begun(stage)
  stage.runFor(30 * second)
  for (const name of edges) stage.edge(name).stop()
  stage.says('east and west stop')
  stage.runFor(5 * minute)
  stage.edge('east').start()
  stage.says('east starts')
  stage.runFor(hour)
})

timeline(
  story('No route leads to its Services', 'Edges serve the split, but no request can reach it; the Rollout says so.', { routedServices: [] }),
  (stage) => {
    begun(stage)
    stage.runFor(5 * minute)
    for (const name of edges) stage.edge(name).routeTo(['shop-stable'])
    stage.says('an Ingress leads to shop-stable')
    stage.runFor(hour)
  },
)

timeline(
  story('Long requests hold their pods', 'Requests that began before the abort take another minute: their pods stay until they have ended.', {
    lags: {
      cacheMs: () => 0,
      edgeMs: (what) => (what === 'report' ? 0 : second),
      replicaSetMs: () => 0,
      terminationMs: 3 * second,
      drainMs: 70 * second,
    },
  }),
  (stage) => {
    begun(stage)
    stage.runFor(30 * second)
    stage.user.abort()
    stage.runFor(hour)
  },
)
