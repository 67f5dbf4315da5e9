/** `spec.strategy.canary`. */
import type { CanaryStep, CanaryStrategy, StringMatch } from '../rollout.ts'
import { rolloutAnalysis } from './analysis.ts'
import { experimentStep } from './experiment.ts'
import { addedMetadata } from './pods.ts'
import { anything, fields, flag, int32, intOrString, list, record, type Schema, type SchemasOf, text } from './schema.ts'
import { trafficRouting } from './trafficRouting.ts'

const stringMatch = record('What a text must be: exactly one of these.', {
  exact: text('All of it.'),
  prefix: text('How it begins.'),
  regex: text('An RE2 expression that all of it matches.'),
} satisfies SchemasOf<StringMatch>)

const routeName = text('Its name, as in trafficRouting.managedRoutes.')

const setHeaderRoute = record('Send requests with certain headers to the canary, whatever the weight. Without `match`: no longer.', {
  name: routeName,
  match: list('Any of these.', fields({ headerName: text('The header.'), headerValue: stringMatch }, ['headerName', 'headerValue'])),
})

const setMirrorRoute = record(
  'Send a copy of requests to the canary as well; its answer is dropped. Without `match`: no longer.',
  {
    name: routeName,
    match: list(
      'Any of these.',
      fields({
        method: { ...stringMatch, description: 'HTTP method.' },
        path: { ...stringMatch, description: 'Path.' },
        headers: { description: 'By header.', type: 'object', additionalProperties: stringMatch },
      }),
    ),
    percentage: int32('How many of a hundred. 100 if absent.'),
  },
  ['name'],
)

const step = record('One step: exactly one of these.', {
  setWeight: int32('Share of traffic for the canary, of maxTrafficWeight.'),
  pause: record('Wait.', { duration: intOrString('How long: seconds, or 30s, 5m, 1h. Absent: until somebody promotes.') }),
  setCanaryScale: record("Number of the canary's pods, apart from its weight: one of these.", {
    weight: int32('Percentage of spec.replicas.'),
    replicas: int32('Pods.'),
    matchTrafficWeight: flag('As the weight has it, again.'),
  }),
  setHeaderRoute,
  setMirrorRoute,
  analysis: rolloutAnalysis('Measure; go on when all is well.'),
  experiment: experimentStep,
  plugin: record('A step of a plugin.', { name: text('Its name: organisation/name.'), config: anything('Its configuration.') }, ['name']),
} satisfies SchemasOf<CanaryStep>)

export const antiAffinity: Schema = record('Keep pods of the two versions on different nodes: exactly one of these.', {
  preferredDuringSchedulingIgnoredDuringExecution: record('If possible.', { weight: int32('1 to 100.') }, ['weight']),
  requiredDuringSchedulingIgnoredDuringExecution: record('Always.', {}),
})

export const canary: Schema = record('Release by and by: step by step, or as pods become ready where there are no steps.', {
  stableService: text("Service of the stable version's pods."),
  canaryService: text("Service of the new version's pods."),
  steps: list('What happens, in order. After the last one the new version has all traffic.', step),
  trafficRouting,
  maxSurge: intOrString('Pods beyond spec.replicas: a number, or a percentage, rounded up. 25% if absent. Without trafficRouting only.'),
  maxUnavailable: intOrString('Pods that may be missing: a number, or a percentage, rounded down. 25% if absent.'),
  analysis: rolloutAnalysis('Measured all the while.', { startingStep: int32('Index of the step at which it begins. 0 if absent.') }),
  antiAffinity,
  canaryMetadata: addedMetadata,
  stableMetadata: addedMetadata,
  scaleDownDelaySeconds: int32("Seconds that the old version's pods stay after the release. 30 if absent. With trafficRouting only."),
  scaleDownDelayRevisionLimit: int32('Old versions that may wait so at a time. Absent: any number.'),
  abortScaleDownDelaySeconds: int32("Seconds that the canary's pods stay after an abort. 30 if absent; 0: they stay."),
  dynamicStableScale: flag('Take away pods of stable as weight moves to the canary.'),
  pingPong: record('Two Services that take turns.', { pingService: text('One.'), pongService: text('The other.') }, ['pingService', 'pongService']),
  minPodsPerReplicaSet: int32('Pods at least, of each version that has any.'),
  replicaProgressThreshold: record('When the canary has enough pods to go on.', {
    type: text('Percent or Pods.'),
    value: int32('How many.'),
  }),
} satisfies SchemasOf<CanaryStrategy>)
