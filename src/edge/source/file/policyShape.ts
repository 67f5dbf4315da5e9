import {
  defaultDns,
  defaultLimits,
  defaultResilience,
  defaultTimeouts,
  type Limits,
  type Resilience,
  type Timeouts,
  type TrafficPolicy,
} from '../../config.ts'
import { addressText, serverAddress } from './address.ts'
import { decimal, duration, integer, oneOf, type Range, size, writtenDuration, writtenSize } from './scalars.ts'
import { defaulted, type Field, listOf, mapped, object, optional, type Shape } from './shape.ts'

/** How long and how much: for the whole edge, with defaults, and for single splits, where only what differs is written. */

/** The same for the edge, where `missing` stands for it, and for a split, where it may be left out. */
type Setting = { readonly shape: Shape<number>; readonly description: string; readonly missing: number; readonly written: string | number }
type Settings = Readonly<Record<string, Setting>>

const forEdge = <S extends Settings>(settings: S): { readonly [K in keyof S]: Field<number> } =>
  mapSettings(settings, ({ shape, missing, description, written }) => defaulted(shape, missing, description, written))

const forSplit = <S extends Settings>(settings: S): { readonly [K in keyof S]: Field<number | undefined> } =>
  mapSettings(settings, ({ shape, description }) => optional(shape, description))

function mapSettings<S extends Settings, F>(settings: S, field: (setting: Setting) => F): { readonly [K in keyof S]: F } {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, field(setting)])) as { [K in keyof S]: F }
}

const hour = 3_600_000
const time = (defaultMs: number, description: string, range: Partial<Range> = {}): Setting => ({
  shape: duration({ minimum: 1, maximum: 24 * hour, ...range }),
  description,
  missing: defaultMs,
  written: writtenDuration(defaultMs),
})

const timesOfSplits = {
  bodyIdle: time(defaultTimeouts.bodyIdleMs, 'A body without progress, in either direction.'),
  connect: time(defaultTimeouts.connectMs, 'Connecting to an endpoint.', { maximum: hour }),
  responseHead: time(defaultTimeouts.responseHeadMs, "From the end of the request's head to the first byte of the answer; then 504."),
  total: time(defaultTimeouts.totalMs, 'From the end of the head to the last byte of the answer, tunnels included; then 504. 0ms: any time.', {
    minimum: 0,
  }),
  queue: time(defaultTimeouts.queueMs, 'Waiting for a connection to an endpoint that is full; then 503.', { minimum: 0, maximum: hour }),
  upstreamIdle: time(
    defaultTimeouts.upstreamIdleMs,
    "An unused connection to an endpoint. Keep it below the endpoint's own keep-alive (Node's: 5s).",
  ),
  // setTimeout holds 24.8 days.
  tunnelIdle: time(defaultTimeouts.tunnelIdleMs, 'A tunnel (WebSocket) without a byte in either direction.', { maximum: 500 * hour }),
} as const

const times = {
  requestHead: time(defaultTimeouts.requestHeadMs, "From a connection's first byte of a request to the end of its head; then 408.", {
    maximum: hour,
  }),
  keepAlive: time(defaultTimeouts.keepAliveMs, 'A kept-alive client connection without a request.'),
  ...timesOfSplits,
  drainDelay: time(defaultTimeouts.drainDelayMs, 'On shutdown: how long to go on accepting after readiness has ended.', {
    minimum: 0,
    maximum: hour,
  }),
  drain: time(defaultTimeouts.drainMs, 'On shutdown: how long requests in flight may take after that.', { minimum: 0 }),
} as const

type InMs<T> = { readonly [K in keyof T & string as `${K}Ms`]: T[K] }

function inMs<T extends object>(values: T): InMs<T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${name}Ms`, value])) as InMs<T>
}

export const timeouts: Shape<Timeouts> = mapped(object(forEdge(times)), inMs)

const amount = (key: keyof Limits, description: string, range: Range): Setting => ({
  shape: size(range),
  description,
  missing: defaultLimits[key],
  written: defaultLimits[key] === 0 ? 0 : writtenSize(defaultLimits[key]),
})
const count = (key: keyof Limits, description: string, maximum: number, minimum = 1): Setting => ({
  shape: integer({ minimum, maximum }),
  description,
  missing: defaultLimits[key],
  written: defaultLimits[key],
})
const mebibyte = 1_048_576

const limitsOfSplits = {
  bodyBytes: amount('bodyBytes', 'A request body; beyond: 413. 0: no limit.', { minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  upstreamConnections: count('upstreamConnections', 'Connections to one endpoint, per worker; beyond, requests wait.', 65_535),
  queue: count('queue', 'Requests that wait for a connection to one endpoint, per worker; beyond: 503.', 65_535, 0),
} as const

export const limits: Shape<Limits> = object(
  forEdge({
    headBytes: amount('headBytes', 'A whole message head, the request line included; beyond: 431.', { minimum: 1_024, maximum: mebibyte }),
    headers: count('headers', 'Header fields of a message; beyond: 431.', 1_000),
    targetBytes: amount('targetBytes', 'The request target; beyond: 414.', { minimum: 64, maximum: mebibyte }),
    ...limitsOfSplits,
    connections: count('connections', 'Client connections per worker; beyond: closed at once.', 1_000_000),
    connectionsPerAddress: count(
      'connectionsPerAddress',
      'Client connections from one IPv4 address or IPv6 /64, per worker; beyond: closed at once. 0: any number.',
      1_000_000,
      0,
    ),
    memoryBytes: amount('memoryBytes', 'What the process may use: near it, load is shed. 0: what the container or the machine has.', {
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  } as const),
)

const resilienceSettings = {
  retryBudget: {
    shape: decimal({ minimum: 0, maximum: 1 }),
    description: 'Requests sent a second time, as a share of all of the backend.',
    missing: defaultResilience.retryBudget,
    written: defaultResilience.retryBudget,
  },
  ejectAfter: {
    shape: integer({ minimum: 0, maximum: 1_000_000 }),
    description:
      'Failures in a row (broken off, too late, 502, 503, 504) that take an endpoint out. 0: only one that accepts no connection goes out.',
    missing: defaultResilience.ejectAfter,
    written: defaultResilience.ejectAfter,
  },
  ejectFor: time(defaultResilience.ejectMs, 'How long it is out before it is tried again; doubled each time that it fails again.', { maximum: hour }),
  slowStart: time(defaultResilience.slowStartMs, 'How long an endpoint that joins others takes to come to its full share. 0ms: none.', {
    minimum: 0,
    maximum: hour,
  }),
} as const

type ResilienceFile = { readonly [K in keyof typeof resilienceSettings]: number }

export const resilience: Shape<Resilience> = mapped(
  object(forEdge(resilienceSettings)),
  ({ retryBudget, ejectAfter, ejectFor, slowStart }: ResilienceFile) => ({ retryBudget, ejectAfter, ejectMs: ejectFor, slowStartMs: slowStart }),
)

/** Of a split: each field is optional, and what is left out is as for the whole edge. */
export const policyFields = {
  timeouts: optional(object(forSplit(timesOfSplits)), 'Where this split differs from `timeouts` of the edge.'),
  limits: optional(object(forSplit(limitsOfSplits)), 'Where this split differs from `limits` of the edge.'),
  resilience: optional(object(forSplit(resilienceSettings)), 'Where this split differs from `resilience` of the edge.'),
  proxyProtocol: optional(
    oneOf(['v1', 'v2']),
    'Connections to endpoints begin with this PROXY protocol header, which tells the address of the client; each then carries one request.',
  ),
} as const

type PolicyFile = { readonly [K in keyof typeof policyFields]: (typeof policyFields)[K] extends Field<infer T> ? T : never }

/** What a split has otherwise than the edge. */
export function policyIn({ timeouts, limits, resilience, proxyProtocol }: PolicyFile): Partial<TrafficPolicy> {
  const { ejectFor: ejectMs, slowStart: slowStartMs, ...shares } = resilience ?? {}
  const written = { ...inMs(timeouts ?? {}), ...limits, ...shares, ejectMs, slowStartMs, proxyProtocol }
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))
}

export const dns = object({
  servers: defaulted(
    listOf(mapped(serverAddress, addressText)),
    defaultDns.servers,
    'DNS servers to ask for the names of endpoints. None: the system’s.',
    [],
  ),
  maxStale: defaulted(
    duration({ minimum: 0, maximum: 24 * hour }),
    defaultDns.maxStaleMs,
    'How long the last addresses serve on while no server answers.',
    writtenDuration(defaultDns.maxStaleMs),
  ),
})
