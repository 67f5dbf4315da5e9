import type { Route } from '../../../core/routing/types.ts'
import { maxTotalWeight, maxWeight } from '../../../core/routing/validate.ts'
import { defaultMetricAliases, metricAliases } from '../../config.ts'
import { addressText, cidr, endpoint, listenAddress } from './address.ts'
import { listenerShape } from './listenerShape.ts'
import { host, name, nameKey, path, plainText, requestMatch, token } from './matchShape.ts'
import { dns, limits, policyFields, resilience, timeouts } from './policyShape.ts'
import { decimal, duration, integer, oneOf, trueOrFalse, writtenDuration } from './scalars.ts'
import { defaulted, type Field, listOf, mapOf, object, optional, required, type Shape, variants } from './shape.ts'

const splitRoute = object({
  name: required(name, 'What this choice is called in counts and logs.'),
  match: defaulted(listOf(requestMatch), [], 'It is enough that one of these holds; each holds when all of its parts do. None: always.', []),
  backend: required(name, 'Where such requests go, whatever the weights.'),
})

const backend = object({
  weight: required(integer({ minimum: 0, maximum: maxWeight }), 'Its share of totalWeight. 0: nothing by weight, while routes still reach it.', {
    examples: [95, 5, 0],
  }),
  endpoints: required(listOf(endpoint), 'Where it listens. None: its share is answered with 503, or goes to the fallback.'),
})

const day = 86_400_000
const keyFile = optional(
  plainText('a file name', 1),
  'A file with the keys that sign sticky cookies, one per line; the first signs, all verify. Relative to this file. Absent: a random key per process.',
  { examples: ['/etc/spillway/keys'] },
)
const kind = <K extends string>(word: K, description: string): Field<K> => required<K>(oneOf<K>([word]), description)
const stickiness = variants({
  cookie: object({
    kind: kind('cookie', 'A signed cookie, NAME-SPLIT.'),
    name: defaulted(token('a cookie name'), 'spillway', "How the cookie's name begins; the split's follows.", 'spillway'),
    ttl: defaulted(
      duration({ minimum: 1_000, maximum: 400 * day }),
      day,
      'How long a client is known after its last request; browsers keep nothing beyond 9600h.',
      writtenDuration(day),
    ),
    path: defaulted(path, '/', 'The path for which clients send it.', '/'),
    sameSite: defaulted<'Lax' | 'Strict' | 'None'>(oneOf(['Lax', 'Strict', 'None']), 'Lax', 'Whether requests from other sites bring it.', 'Lax'),
    secure: defaulted<'auto' | 'always' | 'never'>(
      oneOf(['auto', 'always', 'never']),
      'auto',
      'Whether clients send it by TLS alone. auto: when it was issued by TLS.',
      'auto',
    ),
    newSessionsOnly: defaulted(
      trueOrFalse,
      false,
      'Clients stay with the backend that they met as long as it exists, even without weight; new ones go by weight.',
      false,
    ),
    keyFile,
  }),
  header: object({
    kind: kind('header', 'By the value of a header; requests without it go by weight.'),
    name: required(token('a header name'), 'Without case.'),
  }),
  clientAddress: object({ kind: kind('clientAddress', 'By the IPv4 address or the IPv6 /64 of the client.') }),
})

const mirror = object({
  name: required(name, 'What it is called in logs.'),
  match: defaulted(listOf(requestMatch), [], 'Which requests: one of these holds. None: all.', []),
  backend: required(name, 'Who gets the copies.'),
  percentage: defaulted(decimal({ minimum: 0, maximum: 100 }), 100, 'Of how many of these requests, in percent.', 100),
})

const split = object({
  totalWeight: optional(integer({ minimum: 1, maximum: maxTotalWeight }), 'What the weights must add up to; absent: whatever they do.', {
    examples: [100],
  }),
  backends: required(mapOf(backend, nameKey, { minItems: 1 }), 'The versions, by name.'),
  routes: defaulted(listOf(splitRoute), [], 'Explicit choices, before the weights; the first one that matches wins.', []),
  stickiness: optional(stickiness, 'By what clients are kept on their version, between the routes and the weights. Absent: not at all.'),
  mirrors: defaulted(listOf(mirror), [], 'Copies of requests for another backend, whose answers are thrown away.', []),
  ...policyFields,
  fallback: defaulted(name, 'none', 'Which backend takes the share of one without a usable endpoint; none: answer it with 503.', 'none'),
})

const pathType: Shape<Route['pathType']> = oneOf(['Prefix', 'Exact'])
const route = object({
  host: optional(host, 'Lower case, without port. *.example: all names below it. Absent: any host.'),
  path: required(path, 'The most specific host, then the longest path, then Exact before Prefix wins.'),
  pathType: defaulted(pathType, 'Prefix', 'Prefix goes by segment: /a holds for /a and /a/b, not for /ab.', 'Prefix'),
  split: required(name, 'The split that governs these requests.'),
})

export const defaultAdmin = { host: '127.0.0.1', port: 9901 }
const admin = object({
  address: defaulted(
    listenAddress,
    defaultAdmin,
    'Where health, metrics and the admin API are served. Off loopback it needs tokenFile.',
    addressText(defaultAdmin),
  ),
  tokenFile: optional(plainText('a file name', 1), 'A file with the bearer token for /v1; relative to this file.', {
    examples: ['/etc/spillway/token'],
  }),
})

const accessLog = object({
  path: required(plainText('stdout or a file name', 1), 'stdout, or a file that lines are added to; relative to this file.', {
    examples: ['stdout', '/var/log/spillway/access.log'],
  }),
  sample: defaulted(decimal({ minimum: 0, maximum: 1 }), 1, 'The share of requests that get a line.', 1),
  format: defaulted(oneOf<'json'>(['json']), 'json', 'A JSON object per line.', 'json'),
  query: defaulted(trueOrFalse, false, 'Also the query of the target, which may hold secrets.', false),
})

const metrics = object({
  aliases: defaulted(
    listOf(oneOf(metricAliases)),
    defaultMetricAliases,
    'Further names for the same counts: http is http_requests_total, nginx and istio are what those proxies call them.',
    defaultMetricAliases,
  ),
})

/** Of an object all of whose fields have a default. */
const defaultsOf = <T>(shape: Shape<T>): T => shape.hole

/** The whole file. */
export const edgeShape = object({
  listeners: required(listOf(listenerShape, { minItems: 1 }), 'Where requests come in.'),
  admin: defaulted(admin, defaultsOf(admin), 'The admin interface.', {}),
  trustedProxies: defaulted(
    listOf(cidr),
    [],
    'Networks of peers whose X-Forwarded-* and Forwarded fields are believed and extended; others’ are overwritten.',
    [],
  ),
  timeouts: defaulted(timeouts, defaultsOf(timeouts), 'How long to wait, as 500ms, 10s, 1m or 1h.', {}),
  limits: defaulted(limits, defaultsOf(limits), 'How much to take.', {}),
  resilience: defaulted(resilience, defaultsOf(resilience), 'What to do about endpoints that fail, or are new.', {}),
  dns: defaulted(dns, defaultsOf(dns), 'How names of endpoints become addresses.', {}),
  allowedTargets: defaulted(
    listOf(cidr),
    [],
    'Networks that endpoints may lie in although nobody reaches them by accident: link-local addresses and metadata services.',
    [],
  ),
  accessLog: optional(accessLog, 'A line for each request, or for a share of them. Absent: none.'),
  metrics: defaulted(metrics, defaultsOf(metrics), 'What /metrics tells.', {}),
  routes: required(listOf(route), 'Which requests which split governs.'),
  keyFile,
  splits: required(mapOf(split, nameKey), 'How requests are shared out among the versions of a service, by name.'),
})

export type EdgeFile = ReturnType<typeof edgeShape.read>
