/** What the generator is told to do next, and what it tells of it: the messages between the scenario and the process that makes the load. */

export type Phase =
  | { readonly kind: 'closed'; readonly seconds: number; readonly connections: number }
  /** Requests begin at this rate whatever becomes of those before; each is given up after a second. */
  | { readonly kind: 'open'; readonly seconds: number; readonly perSecond: number }

export type Order = { readonly port: number; readonly host: string; readonly path: string }

/** By the time at which requests were due, in slices of `sliceMs`. */
export type Slice = { readonly due: number; readonly good: number }
export const sliceMs = 100

export type PhaseReport = {
  readonly slices: readonly Slice[]
  /** Answered 200 in time, of those that were due in a second. */
  readonly goodPerSecond: number
  /** From when they were due, of those that were good. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** How long after they were due all but 1 in 100 were sent at the latest: where that is long, the load did not keep up, and nothing is known. */
  readonly behindMs: number
  /** Answered otherwise: turned away. */
  readonly refused: number
  /** No whole answer within a second. */
  readonly late: number
  /** Connections that were not made, or broke under a request. */
  readonly broken: number
}

/** How long after a time all that was due from then on was good to at least `share`; undefined: not within these slices. */
export function recoveryMs(slices: readonly Slice[], share: number): number | undefined {
  let recovered = slices.length
  while (recovered > 0 && isGood(slices[recovered - 1]!, share)) recovered--
  return recovered === slices.length ? undefined : recovered * sliceMs
}

function isGood({ due, good }: Slice, share: number): boolean {
  return good >= share * due
}
