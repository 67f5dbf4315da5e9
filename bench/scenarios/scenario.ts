import type { ContenderName, RouteEntry, Running } from '../contenders/contender.ts'
import type { LoadTools } from '../measure/wrk.ts'

export const scenarioNames = [
  'keepalive-get',
  'keepalive-get-sticky',
  'reply-64k',
  'post-4k',
  'connection-per-request',
  'tls-handshake',
  'tls-bulk',
  'routes-1000',
  'idle-10000',
  'weight-change',
  'worker-memory',
  'overload',
] as const
export type ScenarioName = (typeof scenarioNames)[number]

/** What one measurement found; null where the scenario does not ask for it. */
export type Sample = {
  readonly requestsPerSecond: number | null
  readonly cpuMicrosPerRequest: number | null
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly rssMb: number | null
  readonly errors: number
  /** Further numbers of this scenario, by name. */
  readonly extras: Readonly<Record<string, number>>
}

/** A process to start for a contender: what it is configured for. */
export type Instance = {
  readonly routes: readonly RouteEntry[]
  readonly connections: number
  readonly workers: number
  readonly hasTls?: boolean
  readonly isSticky?: boolean
  /** An origin that does not read its requests, instead of NGINX. */
  readonly hasRawOrigin?: boolean
}

export type Scenario = {
  readonly name: ScenarioName
  /** Completes "measures …". */
  readonly what: string
  /** Who can take part; absent: everyone. */
  readonly only?: readonly ContenderName[]
  /** Started side by side, in this order, for each contender. */
  readonly instances: readonly Instance[]
  /** Measures each round on processes that nothing has touched before. */
  readonly startsAnew: boolean
  /** How many load runs of `seconds` one measurement holds, and what it takes beside them: for the estimate of the time left. */
  readonly cost: { readonly loadRuns: number; readonly otherSeconds: number }
  readonly measure: (running: readonly Running[], tools: Tools) => Promise<Sample>
}

export type Tools = LoadTools & {
  readonly contenderCore: number
  /** From 0. */
  readonly round: number
  /** Length of a load run. */
  readonly seconds: number
  /** How many descriptors one process may have. */
  readonly descriptors: number
}

export const oneRoute: readonly RouteEntry[] = [{ path: '/' }]
export const usualInstance: Instance = { routes: oneRoute, connections: 1000, workers: 1 }
export const megabyte = 1024 * 1024
