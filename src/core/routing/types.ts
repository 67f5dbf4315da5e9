/** Routing as plain data: what a source (file, Kubernetes) hands to an edge, and what `compile` turns into a table. */

/** How a text is compared. `regex` has RE2 syntax and must match the whole text. */
export type TextMatch =
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'regex'; readonly pattern: string }

/** `present` asks only that the name occurs. Names of headers compare without case, of cookies and query parameters with case. */
export type NamedMatch = { readonly name: string; readonly value: TextMatch | { readonly kind: 'present' } }

/**
 * One condition on a request: all of its parts must hold. `path` prefixes match by segment, as those of routes.
 * A header, cookie or parameter that occurs twice never matches by its value: what is ambiguous selects nothing.
 */
export type RequestMatch = {
  readonly method?: string
  readonly path?: TextMatch
  readonly headers: readonly NamedMatch[]
  readonly cookies: readonly NamedMatch[]
  readonly query: readonly NamedMatch[]
}

/** An explicit choice, before any weight: the first route of a split one of whose matches holds sends to `backend`. No match: always. */
export type SplitRoute = { readonly name: string; readonly match: readonly RequestMatch[]; readonly backend: string }

/** An address to connect to. `host` is an IP literal without brackets, or a name. */
export type Endpoint = { readonly host: string; readonly port: number }

/** A version of a service. `weight` is an integer from 0 to 1,000,000; 0 gets nothing by weight. */
export type Backend = {
  readonly name: string
  readonly weight: number
  readonly endpoints: readonly Endpoint[]
  /** In a cluster: how counts of it are labelled. */
  readonly origin?: BackendOrigin
}

/** `service` is the Service that users know this version by; `revision` the pod template's hash, '' for a plain Service. */
export type BackendOrigin = { readonly service: string; readonly role: string; readonly revision: string }

/** What of a cluster a split carries out: one port of a Service, which a TrafficSplit governs or nothing does ('' then). */
export type SplitOrigin = { readonly namespace: string; readonly trafficSplit: string; readonly service: string }

/** What a backend without a usable endpoint does to its share of the traffic: refuse it with 503, or send it to the named backend. */
export type Fallback = { readonly kind: 'none' } | { readonly kind: 'backend'; readonly backend: string }

/** Clients get a signed cookie, `NAME-SPLIT`. Only they can be told apart for certain, so only they can be kept where they are. */
export type CookieStickiness = {
  readonly kind: 'cookie'
  readonly name: string
  /** How long a client is known after its last answer; it gets another cookie when half of that has gone by. */
  readonly ttlMs: number
  readonly path: string
  readonly sameSite: 'Lax' | 'Strict' | 'None'
  /** `auto`: where the client came by TLS. */
  readonly secure: 'auto' | 'always' | 'never'
  /** A client stays with the backend that it met for as long as that exists, even without weight; only new ones go by weight. */
  readonly newSessionsOnly: boolean
  /** Keys, one per line; the first signs, all verify. Absent: a random one of the process. */
  readonly keyFile?: string
}

/** By what clients of a split are kept together: `sticky.ts`. Only the first backend's name may change without moving anybody. */
export type Stickiness = CookieStickiness | { readonly kind: 'header'; readonly name: string } | { readonly kind: 'clientAddress' }

/**
 * Copies of requests for another backend; what it answers is thrown away, and nobody waits for it. `percentage` (0 to 100, with decimals) of the
 * requests for which one of `match` holds; none: of all.
 */
export type Mirror = {
  readonly name: string
  readonly match: readonly RequestMatch[]
  readonly backend: string
  readonly percentage: number
}

/** The weights of `backends` add up to `totalWeight`. */
export type Split = {
  readonly name: string
  readonly totalWeight: number
  readonly backends: readonly Backend[]
  readonly routes: readonly SplitRoute[]
  /** Absent: each request goes by weight. */
  readonly stickiness?: Stickiness
  readonly mirrors?: readonly Mirror[]
  readonly fallback: Fallback
  /** Absent: not of a cluster. */
  readonly origin?: SplitOrigin
}

/**
 * Which requests a split governs. `host`: lower case, without port; absent = any; `*.example` = any name below example.
 * `path` starts with `/`. The most specific host, then the longest path, then Exact before Prefix wins.
 */
export type Route = {
  readonly host?: string
  readonly path: string
  readonly pathType: 'Prefix' | 'Exact'
  readonly split: string
  /** `*.example` stands for one label alone, as in an Ingress. */
  readonly oneLabel?: boolean
  /** What comes in the clear is sent on to https, but for what proves to a certificate authority whose the host is. */
  readonly httpsOnly?: boolean
}

export type Routing = { readonly routes: readonly Route[]; readonly splits: readonly Split[] }

/** A linear-time regular expression engine, handed in because this folder imports no package. Throws with the reason on bad syntax. */
export type CompileRegex = (pattern: string) => { matches(text: string): boolean }
