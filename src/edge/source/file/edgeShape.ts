import {
  type Complaint,
  hostComplaint,
  hostPattern,
  nameComplaint,
  namePattern,
  pathComplaint,
  pathPattern,
  shown,
  tokenComplaint,
  tokenPattern,
} from '../../../core/routing/names.ts'
import type { NamedMatch, Route, TextMatch } from '../../../core/routing/types.ts'
import { maxTotalWeight, maxWeight } from '../../../core/routing/validate.ts'
import { defaultLimits, defaultMetricAliases, defaultTimeouts, type Limits, metricAliases, type Timeouts } from '../../config.ts'
import { requestMethods } from '../../requestHead.ts'
import { addressText, cidr, endpoint, listenAddress } from './address.ts'
import { listenerShape } from './listenerShape.ts'
import { decimal, duration, integer, oneOf, onlyTrue, type Range, size, text, trueOrFalse, writtenDuration, writtenSize } from './scalars.ts'
import { defaulted, type Field, listOf, mapOf, mapped, object, optional, required, type Shape, variants } from './shape.ts'

/** For texts that pass have no complaint: the pattern has said already that this one does not. */
function complaining(complaint: (text: string) => Complaint | undefined): (text: string) => Complaint {
  return (value) => complaint(value) ?? { message: `${shown(value)} is malformed`, fix: 'write another value' }
}

const name = text({ what: 'a name', pattern: namePattern, complaint: complaining(nameComplaint) })
const nameKey = { pattern: namePattern, complaint: nameComplaint }
const host = text({
  what: 'a host like shop.example',
  pattern: hostPattern,
  complaint: complaining(hostComplaint),
  notes: { examples: ['shop.example', '*.shop.example', '[::1]'] },
})
const path = text({ what: 'a path like /cart', pattern: pathPattern, complaint: complaining(pathComplaint), notes: { examples: ['/', '/cart'] } })
const token = (what: string): Shape<string> => text({ what, pattern: tokenPattern, complaint: complaining((value) => tokenComplaint(value, what)) })

/** Control characters never arrive in what is compared; a text with one would match nothing. */
const plainText = (what: string, minimum: 0 | 1): Shape<string> =>
  text({
    what,
    pattern: `^[^\\u0000-\\u001f\\u007f]{${minimum},4096}$`,
    complaint: (value) => ({ message: `${shown(value)} is not ${what}`, fix: `write ${minimum} to 4096 characters without control characters` }),
  })
const regex = text({
  what: 'a regular expression',
  pattern: '^.{1,1024}$',
  complaint: (value) => ({ message: `${shown(value)} is not a regular expression`, fix: 'write 1 to 1024 characters on one line' }),
})

type Kinds = { readonly exact?: string | undefined; readonly prefix?: string | undefined; readonly regex?: string | undefined }

function textMatch({ exact, prefix, regex }: Kinds): TextMatch {
  if (exact !== undefined) return { kind: 'exact', value: exact }
  if (prefix !== undefined) return { kind: 'prefix', value: prefix }
  return { kind: 'regex', pattern: regex ?? '' }
}

const value = plainText('text to compare with', 0)
const regexNotes = 'RE2 syntax; matches the whole text, in linear time.'
const comparisons = {
  exact: optional(value, 'The whole text, with case.'),
  prefix: optional(plainText('the beginning of a text', 1), 'How the text begins, with case.'),
  regex: optional(regex, regexNotes),
  present: optional(onlyTrue, 'The name occurs, whatever its value.'),
}
const named = (nameShape: Shape<string>, nameNotes: string): Shape<readonly NamedMatch[]> =>
  listOf(
    mapped(
      object({ name: required(nameShape, nameNotes), ...comparisons }, { exactlyOne: ['exact', 'prefix', 'regex', 'present'] }),
      ({ name, present, ...kinds }): NamedMatch => ({ name, value: present === undefined ? textMatch(kinds) : { kind: 'present' } }),
    ),
  )

const pathMatch = mapped(
  object(
    {
      exact: optional(path, 'The whole path.'),
      prefix: optional(path, 'How the path begins, by segment: /a holds for /a and /a/b, not for /ab.'),
      regex: optional(regex, regexNotes),
    },
    { exactlyOne: ['exact', 'prefix', 'regex'] },
  ),
  textMatch,
)

const requestMatch = object(
  {
    method: optional(oneOf(requestMethods), 'The method; the edge answers any other with 501.'),
    path: optional(pathMatch, 'The path, without its query.'),
    headers: defaulted(named(token('a header name'), 'Without case.'), [], 'Header fields; one that occurs twice never matches by its value.', []),
    cookies: defaulted(named(token('a cookie name'), 'With case.'), [], 'Cookies.', []),
    query: defaulted(named(plainText('the name of a query parameter', 1), 'With case.'), [], 'Query parameters.', []),
  },
  { atLeastOne: true },
)

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

const split = object({
  totalWeight: optional(integer({ minimum: 1, maximum: maxTotalWeight }), 'What the weights must add up to; absent: whatever they do.', {
    examples: [100],
  }),
  backends: required(mapOf(backend, nameKey, { minItems: 1 }), 'The versions, by name.'),
  routes: defaulted(listOf(splitRoute), [], 'Explicit choices, before the weights; the first one that matches wins.', []),
  stickiness: optional(stickiness, 'By what clients are kept on their version, between the routes and the weights. Absent: not at all.'),
  fallback: defaulted(name, 'none', 'Which backend takes the share of one without a usable endpoint; none: answer it with 503.', 'none'),
})

const pathType: Shape<Route['pathType']> = oneOf(['Prefix', 'Exact'])
const route = object({
  host: optional(host, 'Lower case, without port. *.example: all names below it. Absent: any host.'),
  path: required(path, 'The most specific host, then the longest path, then Exact before Prefix wins.'),
  pathType: defaulted(pathType, 'Prefix', 'Prefix goes by segment: /a holds for /a and /a/b, not for /ab.', 'Prefix'),
  split: required(name, 'The split that governs these requests.'),
})

const second = 1_000
const hour = 3_600 * second
const time = (key: keyof Timeouts, description: string, range: Partial<Range> = {}): Field<number> =>
  defaulted(duration({ minimum: 1, maximum: 24 * hour, ...range }), defaultTimeouts[key], description, writtenDuration(defaultTimeouts[key]))

const timeouts = object({
  requestHead: time('requestHeadMs', "From a connection's first byte of a request to the end of its head; then 408.", { maximum: hour }),
  keepAlive: time('keepAliveMs', 'A kept-alive client connection without a request.'),
  bodyIdle: time('bodyIdleMs', 'A body without progress, in either direction.'),
  connect: time('connectMs', 'Connecting to an endpoint.', { maximum: hour }),
  responseHead: time('responseHeadMs', "From the end of the request's head to the first byte of the answer; then 504."),
  upstreamIdle: time('upstreamIdleMs', "An unused connection to an endpoint. Keep it below the endpoint's own keep-alive (Node's: 5s)."),
  // setTimeout holds 24.8 days.
  tunnelIdle: time('tunnelIdleMs', 'A tunnel (WebSocket) without a byte in either direction.', { maximum: 500 * hour }),
  drainDelay: time('drainDelayMs', 'On shutdown: how long to go on accepting after readiness has ended.', { minimum: 0, maximum: hour }),
  drain: time('drainMs', 'On shutdown: how long requests in flight may take after that.', { minimum: 0 }),
})

const bytes = (key: keyof Limits, description: string, range: Range): Field<number> =>
  defaulted(size(range), defaultLimits[key], description, defaultLimits[key] === 0 ? 0 : writtenSize(defaultLimits[key]))
const count = (key: keyof Limits, description: string, maximum: number): Field<number> =>
  defaulted(integer({ minimum: 1, maximum }), defaultLimits[key], description, defaultLimits[key])
const mebibyte = 1_048_576

const limits = object({
  headBytes: bytes('headBytes', 'A whole message head, the request line included; beyond: 431.', { minimum: 1_024, maximum: mebibyte }),
  headers: count('headers', 'Header fields of a message; beyond: 431.', 1_000),
  targetBytes: bytes('targetBytes', 'The request target; beyond: 414.', { minimum: 64, maximum: mebibyte }),
  bodyBytes: bytes('bodyBytes', 'A request body; beyond: 413. 0: no limit.', { minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  connections: count('connections', 'Client connections per worker; beyond: closed at once.', 1_000_000),
  upstreamConnections: count('upstreamConnections', 'Connections to one endpoint, per worker; beyond: 503.', 65_535),
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
  accessLog: optional(accessLog, 'A line for each request, or for a share of them. Absent: none.'),
  metrics: defaulted(metrics, defaultsOf(metrics), 'What /metrics tells.', {}),
  routes: required(listOf(route), 'Which requests which split governs.'),
  keyFile,
  splits: required(mapOf(split, nameKey), 'How requests are shared out among the versions of a service, by name.'),
})

export type EdgeFile = ReturnType<typeof edgeShape.read>
