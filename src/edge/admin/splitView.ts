import { addressText } from '../addresses.ts'
import { at, codes, methods } from '../counters.ts'
import type { WorkerStatus } from '../crew.ts'
import { type Picks, picksOf, type SplitStatus } from '../state.ts'
import { type Reach, reachOf } from './reach.ts'

/** A split as the admin API shows it; part of the API. Shares are ratios from 0 to 1; null where nothing was counted to tell. */
export type SplitView = {
  readonly name: string
  readonly etag: string
  /** Of the table in use. */
  readonly version: number
  readonly weightsFrom: 'file' | 'admin'
  readonly weightsSince: string
  readonly totalWeight: number
  /** `none`, or the backend that takes over. */
  readonly fallback: string
  readonly routes: readonly string[]
  readonly stickiness: 'none' | 'cookie' | 'header' | 'clientAddress'
  readonly backends: readonly BackendView[]
  readonly workers: readonly { readonly index: number; readonly appliedVersion: number | null }[]
}

export type BackendView = {
  readonly name: string
  readonly weight: number
  readonly configuredShare: number
  /** What to send in order to reach it by a route; null where fields alone cannot. */
  readonly reachedBy: Reach | null
  /** Of requests that no route decided, since the weights last changed; those lost for want of an endpoint are among them. */
  readonly actual: Achieved
  /** Of those that came for the first time, where cookies tell. The weights decide on these, and `actual` follows with the clients that stay. */
  readonly newSessions: Achieved | null
  /** All since the edge started. */
  readonly requests: number
  /** Of answers; without those that the client did not wait for. */
  readonly successRate: number | null
  readonly inFlight: number
  readonly openTunnels: number
  readonly endpoints: readonly string[]
}

export type Achieved = { readonly picks: number; readonly share: number | null }

export function viewSplit(options: {
  readonly status: SplitStatus
  readonly version: number
  readonly workers: readonly WorkerStatus[]
  cellsOf(backend: string): Float64Array
}): SplitView {
  const { status, version, workers, cellsOf } = options
  const { split } = status
  const cells = new Map(split.backends.map((backend) => [backend.name, cellsOf(backend.name)]))
  const since = (backend: string): Picks => {
    const now = picksOf(cells.get(backend)!)
    const before = status.picksBefore.get(backend)
    return { weight: now.weight - (before?.weight ?? 0), sticky: now.sticky - (before?.sticky ?? 0) }
  }
  const picks = new Map(split.backends.map(({ name }) => [name, since(name)]))
  const achieved = (backend: string, count: (of: Picks) => number): Achieved => {
    const all = [...picks.values()].reduce((sum, of) => sum + count(of), 0)
    const own = count(picks.get(backend)!)
    return { picks: own, share: all === 0 ? null : own / all }
  }

  return {
    name: split.name,
    etag: status.etag,
    version,
    weightsFrom: status.weightsFrom,
    weightsSince: status.weightsSince.toISOString(),
    totalWeight: split.totalWeight,
    fallback: split.fallback.kind === 'none' ? 'none' : split.fallback.backend,
    routes: split.routes.map((route) => route.name),
    stickiness: split.stickiness?.kind ?? 'none',
    backends: split.backends.map((backend) => ({
      name: backend.name,
      weight: backend.weight,
      configuredShare: backend.weight / split.totalWeight,
      reachedBy: reachOf(split, backend.name),
      actual: achieved(backend.name, (of) => of.weight + of.sticky),
      newSessions: split.stickiness?.kind === 'cookie' ? achieved(backend.name, (of) => of.weight) : null,
      ...outcomes(cells.get(backend.name)!),
      endpoints: backend.endpoints.map(addressText),
    })),
    workers: workers.map((worker) => ({ index: worker.index, appliedVersion: worker.appliedVersion ?? null })),
  }
}

function outcomes(cells: Float64Array): Pick<BackendView, 'requests' | 'successRate' | 'inFlight' | 'openTunnels'> {
  let requests = 0
  let failed = 0
  let aborted = 0
  for (let cell = 0; cell < methods.length * codes.length; cell++) {
    const count = cells[at.requests + cell]!
    const code = codes[cell % codes.length]!
    requests += count
    if (code >= 500) failed += count
    if (code === 499) aborted += count
  }
  const judged = requests - aborted
  return { requests, successRate: judged === 0 ? null : 1 - failed / judged, inFlight: cells[at.inFlight]!, openTunnels: cells[at.openTunnels]! }
}
