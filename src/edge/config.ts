import type { EdgeScope } from '../core/routing/report.ts'
import type { Routing } from '../core/routing/types.ts'

/** An address to listen on. `host` is an IP literal without brackets, or `localhost`; port 0 asks the system for one. */
export type ListenAddress = { readonly host: string; readonly port: number }

/** Absolute names of PEM files; the first may hold the chain too. */
export type CertificateFiles = { readonly cert: string; readonly key: string }
/** A certificate that the source hands over itself, in `EdgeConfig.secrets`: the `namespace/name` of a Secret. */
export type CertificateSecret = { readonly secret: string }

export type ListenerTls = {
  /** Chosen by the name that the client asks for; the first is for all others. */
  readonly certificates: readonly (CertificateFiles | CertificateSecret)[]
  readonly minVersion: '1.2' | '1.3'
  /** Of Strict-Transport-Security; 0: none is sent. */
  readonly hstsSeconds: number
}

export type ListenerConfig = {
  readonly address: ListenAddress
  /** CIDRs of peers that begin each connection with a PROXY protocol header, v1 or v2; others come as they are. Absent: nobody. */
  readonly proxyProtocolFrom?: readonly string[]
  /** Absent: requests come in the clear. */
  readonly tls?: ListenerTls
  /** Every request is sent on by https, to this port of the same host. */
  readonly redirectPort?: number
}

export type Timeouts = {
  /** From a connection's first byte of a request to the end of its head; then 408. */
  readonly requestHeadMs: number
  /** A kept-alive client connection without a request. */
  readonly keepAliveMs: number
  /** Without progress of a body, in either direction. */
  readonly bodyIdleMs: number
  readonly connectMs: number
  /** From the end of the request's head to the first byte of the upstream's answer; then 504. */
  readonly responseHeadMs: number
  /** An unused upstream connection in the pool. Keep it below the upstreams' own (Node's: 5 s). */
  readonly upstreamIdleMs: number
  /** A tunnel (WebSocket) without a byte in either direction. */
  readonly tunnelIdleMs: number
  /** From the end of a request's head to the last byte of its answer, tunnels included; then 504, or a broken-off answer. 0 = any. */
  readonly totalMs: number
  /** How long a request waits for a connection to a full endpoint; then 503. */
  readonly queueMs: number
  /** On shutdown: how long the edge goes on accepting after it has stopped being ready. */
  readonly drainDelayMs: number
  /** On shutdown: how long requests in flight may take after that. */
  readonly drainMs: number
}

export type Limits = {
  /** A whole message head, the request line included; beyond: 431. */
  readonly headBytes: number
  readonly headers: number
  /** The request target; beyond: 414. */
  readonly targetBytes: number
  /** A request body; beyond: 413. 0 = no limit. */
  readonly bodyBytes: number
  /** Client connections per worker; beyond: closed at once. */
  readonly connections: number
  /** Client connections from one address (of IPv6 one /64), per worker; beyond: closed at once. 0 = any number. */
  readonly connectionsPerAddress: number
  /** Connections to one endpoint, per worker; beyond, requests wait in the queue. */
  readonly upstreamConnections: number
  /** Requests that wait for a connection to one endpoint, per worker; beyond: 503. */
  readonly queue: number
  /** What the process may use: near it, the edge sheds load. 0 = what the system says (cgroup, or physical memory). */
  readonly memoryBytes: number
}

/** How an edge deals with endpoints that fail, or are new. */
export type Resilience = {
  /** Retries within the backend, as a share of its requests (0 to 1). */
  readonly retryBudget: number
  /** Failures in a row that take an endpoint out; 0: only one that accepts no connection goes out. */
  readonly ejectAfter: number
  /** How long it is out before it is probed; doubled by each time that it fails again soon. */
  readonly ejectMs: number
  /** Over which an endpoint that joins others comes to its full share of requests. */
  readonly slowStartMs: number
}

export type ProxyProtocol = 'none' | 'v1' | 'v2'

/** What may differ from split to split. */
export type TrafficPolicy = Pick<
  Timeouts,
  'connectMs' | 'responseHeadMs' | 'bodyIdleMs' | 'upstreamIdleMs' | 'tunnelIdleMs' | 'totalMs' | 'queueMs'
> &
  Pick<Limits, 'bodyBytes' | 'upstreamConnections' | 'queue'> &
  Resilience & {
    /** With what connections to endpoints begin; other than `none`, each carries one request. */
    readonly proxyProtocol: ProxyProtocol
  }

/** How names of endpoints become addresses. */
export type Dns = {
  /** `address:port`; none: the system's. */
  readonly servers: readonly string[]
  /** How long addresses serve on while no server answers. */
  readonly maxStaleMs: number
}

export type AccessLogSettings = {
  /** `stdout`, or the absolute name of a file. */
  readonly path: string
  /** The share of requests that get a line, 0 to 1. */
  readonly sample: number
  readonly format: 'json'
  /** Also the query: off by default, since it may hold secrets. */
  readonly query: boolean
}

/** Names under which requests are counted a second time, for queries that were written for other proxies. */
export const metricAliases = ['http', 'nginx', 'istio'] as const
export type MetricAlias = (typeof metricAliases)[number]
export const defaultMetricAliases: readonly MetricAlias[] = ['http']

/** A TrafficSplit, and what of `routing` carries it out: workers know nothing of it, reports tell it. */
export type ServedSplit = {
  readonly namespace: string
  readonly name: string
  /** The version by which `routing` was made. */
  readonly uid: string
  readonly generation: number
  /** All its versions, by pod-template hash; the weights are those at the first entry Service. */
  readonly backends: readonly { readonly name: string; readonly weight: number }[]
  /** All its entry Services; `splits` names those in `routing` that stand for one: one per port that a route leads to, none where no route does. */
  readonly services: readonly { readonly name: string; readonly splits: readonly string[] }[]
  /** A newer version, that cannot be carried out. */
  readonly refused?: { readonly generation: number; readonly message: string }
}

/** PEM, fit for handshakes, with the hosts that it is for. */
export type SecretCertificate = {
  readonly cert: string
  readonly key: string
  readonly names: readonly string[]
  readonly expiresAt: Date
}

/** Everything that an edge can be told, as one immutable value: applied whole, or not at all. */
export type EdgeConfig = {
  readonly listeners: readonly ListenerConfig[]
  readonly admin: { readonly address: ListenAddress; readonly tokenFile?: string }
  /** CIDRs (IPv4 or IPv6) of peers whose X-Forwarded-* and Forwarded are believed and extended; others' are overwritten. */
  readonly trustedProxies: readonly string[]
  readonly timeouts: Timeouts
  readonly limits: Limits
  /** Absent: `defaultResilience`. */
  readonly resilience?: Resilience
  /** By split: where it differs from the rest. */
  readonly policies?: Readonly<Record<string, Partial<TrafficPolicy>>>
  /** Absent: `defaultDns`. */
  readonly dns?: Dns
  /** CIDRs that endpoints may lie in although nobody should reach them by accident: link-local, metadata services. */
  readonly allowedTargets?: readonly string[]
  /** Absent: none is written. */
  readonly accessLog?: AccessLogSettings
  /** Absent: `defaultMetricAliases`. */
  readonly metricAliases?: readonly MetricAlias[]
  /** Certificates that listeners name by Secret. Never logged, never shown, and sent to workers as what TLS needs alone. */
  readonly secrets?: ReadonlyMap<string, SecretCertificate>
  /** Absent: all that there is. */
  readonly scope?: EdgeScope
  /** Those that there are, unrouted ones included; absent: weights come from elsewhere, and each split of `routing` stands for itself. */
  readonly trafficSplits?: readonly ServedSplit[]
  readonly routing: Routing
}

export const defaultTimeouts: Timeouts = {
  requestHeadMs: 10_000,
  keepAliveMs: 75_000,
  bodyIdleMs: 60_000,
  connectMs: 3_000,
  responseHeadMs: 60_000,
  upstreamIdleMs: 4_000,
  tunnelIdleMs: 3_600_000,
  totalMs: 0,
  queueMs: 1_000,
  drainDelayMs: 0,
  drainMs: 30_000,
}

export const defaultLimits: Limits = {
  headBytes: 16_384,
  headers: 100,
  targetBytes: 8_192,
  bodyBytes: 0,
  connections: 20_000,
  connectionsPerAddress: 0,
  upstreamConnections: 1_024,
  queue: 128,
  memoryBytes: 0,
}

export const defaultResilience: Resilience = { retryBudget: 0.2, ejectAfter: 5, ejectMs: 10_000, slowStartMs: 10_000 }
export const defaultDns: Dns = { servers: [], maxStaleMs: 600_000 }

/** `split` undefined: of what no split governs. */
export function policyOf({ timeouts, limits, resilience, policies }: Omit<EdgeConfig, 'routing'>, split?: string): TrafficPolicy {
  const { connectMs, responseHeadMs, bodyIdleMs, upstreamIdleMs, tunnelIdleMs, totalMs, queueMs } = timeouts
  const { bodyBytes, upstreamConnections, queue } = limits
  return {
    ...{ connectMs, responseHeadMs, bodyIdleMs, upstreamIdleMs, tunnelIdleMs, totalMs, queueMs, bodyBytes, upstreamConnections, queue },
    ...(resilience ?? defaultResilience),
    proxyProtocol: 'none',
    ...(split === undefined ? undefined : policies?.[split]),
  }
}
