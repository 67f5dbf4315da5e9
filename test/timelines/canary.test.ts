// Canaries of which edges carry out the weights.
import { edgeCanary } from './cluster/manifests.ts'
import { timeline } from './timeline.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const edges = ['east', 'west']

timeline(
  {
    title: 'Initial deploy',
    about: 'The first version has no steps: it goes straight to its full size. The split comes once pods are ready.',
    rollout: edgeCanary([{ setWeight: 20 }, { pause: {} }]),
    edges,
  },
  ({ apply, runFor }) => {
    apply()
    runFor(hour)
  },
)

timeline(
  {
    title: 'Canary with an edge',
    about: `
Five pods, two edges. A pod is ready 4 s after it starts; an edge learns of anything after 1 s.
Steps: weight 5 · pause · weight 20 · pause 10m · weight 40 · pause 10m · weight 60 · pause 10m · weight 80 · pause 5m`,
    rollout: edgeCanary([
      { setWeight: 5 },
      { pause: {} },
      { setWeight: 20 },
      { pause: { duration: '10m' } },
      { setWeight: 40 },
      { pause: { duration: '10m' } },
      { setWeight: 60 },
      { pause: { duration: '10m' } },
      { setWeight: 80 },
      { pause: { duration: '5m' } },
    ]),
    edges,
  },
  ({ apply, begins, runFor, user }) => {
    apply()
    runFor(minute)
    begins()
    user.setImage('shop:v2')
    runFor(3 * minute)
    user.promote()
    runFor(hour)
  },
)

timeline(
  {
    title: 'Header route at weight 0',
    about: `
People who send X-Canary: true try the new version while everyone else stays where they are.
Steps: route canary-header · pause · weight 10 · pause 10m · weight 100`,
    rollout: edgeCanary([
      { setHeaderRoute: { name: 'canary-header', match: [{ headerName: 'X-Canary', headerValue: { exact: 'true' } }] } },
      { pause: {} },
      { setWeight: 10 },
      { pause: { duration: '10m' } },
      { setWeight: 100 },
    ]),
    edges,
  },
  ({ apply, begins, runFor, user }) => {
    apply()
    runFor(minute)
    begins()
    user.setImage('shop:v2')
    runFor(minute)
    user.promote()
    runFor(hour)
  },
)

timeline(
  {
    title: 'Mirror',
    about: `
Half of the GET requests go to the new version as well, and their answers to nobody.
Steps: mirror 50% of GET · pause 5m · no mirror any more · weight 25 · pause 1m`,
    rollout: edgeCanary([
      { setMirrorRoute: { name: 'shadow', percentage: 50, match: [{ method: { exact: 'GET' } }] } },
      { pause: { duration: '5m' } },
      { setMirrorRoute: { name: 'shadow' } },
      { setWeight: 25 },
      { pause: { duration: 60 } },
    ]),
    edges,
  },
  ({ apply, begins, runFor, user }) => {
    apply()
    runFor(minute)
    begins()
    user.setImage('shop:v2')
    runFor(hour)
  },
)

timeline(
  {
    title: 'Canary scale',
    about: `
The canary's size apart from its weight.
Steps: scale 3 pods · pause 1m · weight 10 · scale weight 60 · pause 1m · scale matches weight · weight 40 · pause 1m`,
    rollout: edgeCanary([
      { setCanaryScale: { replicas: 3 } },
      { pause: { duration: '1m' } },
      { setWeight: 10 },
      { setCanaryScale: { weight: 60 } },
      { pause: { duration: '1m' } },
      { setCanaryScale: { matchTrafficWeight: true } },
      { setWeight: 40 },
      { pause: { duration: '1m' } },
    ]),
    edges,
  },
  ({ apply, begins, runFor, user }) => {
    apply()
    runFor(minute)
    begins()
    user.setImage('shop:v2')
    runFor(hour)
  },
)

timeline(
  {
    title: 'Forms of pause',
    about: 'A number, digits, a Go duration, and none: until somebody promotes. Promote ends one with a duration as well.',
    rollout: edgeCanary([
      { setWeight: 20 },
      { pause: { duration: 30 } },
      { pause: { duration: '45' } },
      { pause: { duration: '1m30s' } },
      { pause: {} },
      { pause: { duration: '24h' } },
    ]),
    edges,
  },
  ({ apply, begins, runFor, user }) => {
    apply()
    runFor(minute)
    begins()
    user.setImage('shop:v2')
    runFor(hour)
    user.promote()
    runFor(minute)
    user.promote()
    runFor(hour)
  },
)

timeline(
  {
    title: 'Three days',
    about: 'A release that takes three days of virtual time. Steps: weight 1 · pause 24h · weight 10 · pause 24h · weight 50 · pause 24h',
    rollout: edgeCanary([
      { setWeight: 1 },
      { pause: { duration: '24h' } },
      { setWeight: 10 },
      { pause: { duration: '24h' } },
      { setWeight: 50 },
      { pause: { duration: '24h' } },
    ]),
    edges,
  },
  ({ apply, begins, runFor, user }) => {
    apply()
    runFor(minute)
    begins()
    user.setImage('shop:v2')
    runFor(80 * hour)
  },
)
