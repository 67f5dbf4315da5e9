import type { Child, Children } from '../measure/children.ts'
import { exchange } from '../measure/exchange.ts'
import { until } from '../measure/waiting.ts'
import type { Target } from '../measure/wrk.ts'
import type { Origin } from '../origin.ts'

export const contenderNames = ['spillway', 'nginx', 'nginx-weighted', 'haproxy', 'node-http-undici', 'httpxy', 'http-proxy'] as const
export type ContenderName = (typeof contenderNames)[number]

/** Requests to this host (absent: any) below this path are split; every route leads to the same split. */
export type RouteEntry = { readonly host?: string; readonly path: string }
export type Weights = { readonly stable: number; readonly canary: number }
export const usualWeights: Weights = { stable: 80, canary: 20 }

/** What a contender is to do, whoever it is. */
export type Job = {
  readonly routes: readonly RouteEntry[]
  readonly origin: Origin
  /** Client connections that it must be able to hold. */
  readonly connections: number
  readonly workers: number
  /** Whether it is to listen with TLS too, on a port of its own. */
  readonly hasTls?: boolean
  /** Whether clients are to stay with their version, by a cookie. */
  readonly isSticky?: boolean
}

export type Place = {
  /** Its own, empty. */
  readonly directory: string
  readonly core: number
  readonly children: Children
  readonly signal: AbortSignal
}

export type Running = {
  readonly name: ContenderName
  readonly pid: number
  readonly port: number
  readonly tlsPort?: number
  /** Resolves when the contender has accepted the weights. */
  readonly setWeights: (weights: Weights) => Promise<void>
  readonly stop: () => Promise<void>
}

export type Contender = {
  readonly name: ContenderName
  /** Of 1,000 requests: by how many its way of splitting may miss 200. Random drawing: five standard deviations. */
  readonly tolerance: number
  /** Why it cannot take part here, if so; may take a few seconds (a build). */
  readonly obstacle: () => Promise<string | undefined>
  readonly start: (job: Job, place: Place) => Promise<Running>
}

/** Waits until it answers a routed request; throws with its last words when it ends instead. */
export async function untilAnswers(child: Child, port: number, target: Target, signal: AbortSignal): Promise<void> {
  const answers = async (): Promise<boolean> => {
    if (child.hasEnded()) throw new Error(`${child.name} ended: ${await child.ended}\n${child.complaint()}`)
    return exchange({ port, path: target.path, headers: { host: target.host }, timeoutMs: 500, signal }).then(
      (reply) => reply.status === 200,
      () => false,
    )
  }
  await until(`start of ${child.name}`, answers, { deadlineMs: 10_000, signal })
}

/** A request that the first of these routes governs. */
export function targetOf(routes: readonly RouteEntry[]): Target {
  const [route] = routes
  return { host: route?.host ?? 'shop.example', path: route?.path ?? '/' }
}
