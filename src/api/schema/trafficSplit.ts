import type { StringMatch } from '../rollout.ts'
import type { RouteMatch, SplitBackend, SplitMirror, SplitRoute, SplitService, TrafficSplitSpec } from '../trafficSplit.ts'
import { fields, flag, int32, int64, keyedList, list, open, record, type Schema, type SchemasOf, text } from './schema.ts'

const hash: Schema = { ...text('The version: hash of its pod template.'), minLength: 1, maxLength: 63 }
// Not an enumeration: another role must not need other definitions first.
const role: Schema = { ...text('What it is just now: stable, canary, active, preview …'), minLength: 1, maxLength: 63 }
const named = (description: string): Schema => ({ ...text(description), minLength: 1, maxLength: 253 })

const stringMatch = {
  exact: text('All of it.'),
  prefix: text('How it begins.'),
  regex: text('An RE2 expression that all of it matches.'),
} satisfies SchemasOf<StringMatch>
const match: Schema = list(
  'Any of these.',
  fields({
    method: record('HTTP method.', stringMatch),
    path: record('Path.', stringMatch),
    headers: list('Headers.', fields({ name: text('Its name.'), ...stringMatch }, ['name'])),
  } satisfies SchemasOf<RouteMatch>),
)

const stickiness = record(
  'Which clients stay with the version that they met.',
  {
    kind: { ...text('How clients are told apart.'), enum: ['none', 'cookie', 'header', 'clientAddress'] },
    name: text('Of the cookie or the header.'),
    ttl: text('How long a cookie lives: 1h.'),
    newSessionsOnly: flag('Clients never leave the version that they met.'),
  },
  ['kind'],
)

const service = record(
  'A Service whose requests go by this.',
  {
    name: named('Its name.'),
    role: { ...role, description: 'Whose own Service it is, whatever its weights; absent for a root Service.' },
    weights: keyedList(
      'Shares, adding up to totalWeight.',
      ['podTemplateHash'],
      record('Of one version.', { podTemplateHash: hash, weight: { ...int32('Its share.'), minimum: 0 } }, ['podTemplateHash', 'weight']),
    ),
    routes: list(
      'Requests that go to one version, in order, before stickiness and weights.',
      fields({ name: named('Its name.'), match, podTemplateHash: hash } satisfies SchemasOf<SplitRoute>, ['name', 'match', 'podTemplateHash']),
    ),
    mirrors: list(
      'Requests of which a copy goes to one version.',
      fields(
        {
          name: named('Its name.'),
          match,
          podTemplateHash: hash,
          percentage: { ...int32('How many of a hundred.'), minimum: 0, maximum: 100 },
        } satisfies SchemasOf<SplitMirror>,
        ['name', 'podTemplateHash', 'percentage'],
      ),
    ),
    stickiness,
    fallback: { ...text('Where requests for a version without ready pods go. stable if absent; none: 503.'), enum: ['stable', 'none'] },
  } satisfies SchemasOf<SplitService>,
  ['name', 'weights'],
)

export const trafficSplitSpec: Schema = record(
  "How the edges split the requests of a Rollout's Services.",
  {
    totalWeight: { ...int32('What weights add up to.'), minimum: 1 },
    backends: keyedList(
      'The live versions.',
      ['podTemplateHash'],
      fields({ podTemplateHash: hash, role, service: named('Service whose pods it has.') } satisfies SchemasOf<SplitBackend>, [
        'podTemplateHash',
        'role',
        'service',
      ]),
    ),
    services: keyedList("The Services that users' routes name.", ['name'], service),
  } satisfies SchemasOf<TrafficSplitSpec>,
  ['totalWeight', 'backends', 'services'],
)

export const trafficSplitStatus: Schema = open('How it goes.', {
  observedGeneration: int64('metadata.generation that this is about.'),
  edges: int32('Edges that must have it.'),
  acknowledged: int32('Edges that have it.'),
  traffic: list(
    'By version.',
    open('One version.', {
      podTemplateHash: hash,
      role,
      weight: int32('Its share.'),
      readyEndpoints: int32('Pods that an edge can reach.'),
      requests: int64('Requests since the edges began to count.'),
      failures: int64('Requests that failed.'),
      requestRate: text('Requests per second.'),
      successRate: text('From 0 to 1.'),
      p50Seconds: text('Half of all requests are faster.'),
      p99Seconds: text('Nearly all requests are faster.'),
    }),
  ),
  conditions: list(
    'What is the case.',
    open('One condition.', {
      type: text('Acknowledged or Routed.'),
      status: text('True, False or Unknown.'),
      reason: text('In a word.'),
      message: text('For people.'),
    }),
  ),
})
