/**
 * What befell each request on the side of the services, so that every failure can be judged: one is allowed only where the request's own upstream
 * connection was broken by a fault that the edge may not hide.
 */
export type Ledger = {
  /** A request is about to be sent; the answer is its mark. */
  begin(): string
  /** A service has got a request with this mark; tells how often that has happened. */
  arrived(nonce: string): number
  /** It came on a connection that the service had closed on its side: no answer can be given. */
  cameLate(nonce: string): void
  /** A service was killed, with these requests on its open connections, answered or not. */
  killed(nonces: Iterable<string>): void
  /** Why a failure of this request is no fault of the edge; undefined: there is no reason. */
  excuse(nonce: string, isIdempotent: boolean): Excuse | undefined
  /** How many requests have begun. */
  count(): number
  /** How many were excused, by reason. */
  readonly excused: Map<Excuse, number>
  /** Lets go of requests that ended long ago. */
  forgetOld(): void
}

/**
 * `inFlight`: on a connection of a killed service. `onItsWay`: sent when a service was killed, and seen by none.
 * `notRepeated`: not idempotent, and its kept connection was closed under it: seen by none, or too late for an answer. That forbids a second try.
 */
export type Excuse = 'inFlight' | 'onItsWay' | 'notRepeated'

type Entry = { readonly beganMs: number; arrivals: number; killed: boolean; late: boolean; excused: boolean }

/** How long after a kill the edge may still not have read of it, and write to the connection. */
const slackMs = 300
/** Longer than any request of the soak lasts. */
const keptMs = 60_000

export function openLedger(now: () => number): Ledger {
  const entries = new Map<string, Entry>()
  const excused = new Map<Excuse, number>()
  let kills: number[] = []
  let last = 0

  function reason(nonce: string, isIdempotent: boolean): Excuse | undefined {
    const entry = entries.get(nonce)
    if (entry === undefined) return undefined
    if (entry.killed) return 'inFlight'
    if (entry.arrivals === 0 && kills.some((killedMs) => entry.beganMs < killedMs + slackMs)) return 'onItsWay'
    return isIdempotent || (entry.arrivals > 0 && !entry.late) ? undefined : 'notRepeated'
  }

  return {
    excused,
    begin() {
      const nonce = `n${String(++last).padStart(7, '0')}`
      entries.set(nonce, { beganMs: now(), arrivals: 0, killed: false, late: false, excused: false })
      return nonce
    },
    arrived(nonce) {
      const entry = entries.get(nonce)
      return entry === undefined ? 1 : ++entry.arrivals
    },
    cameLate(nonce) {
      const entry = entries.get(nonce)
      if (entry !== undefined) entry.late = true
    },
    killed(nonces) {
      kills.push(now())
      for (const nonce of nonces) {
        const entry = entries.get(nonce)
        if (entry !== undefined) entry.killed = true
      }
    },
    excuse(nonce, isIdempotent) {
      const found = reason(nonce, isIdempotent)
      const entry = entries.get(nonce)
      if (found === undefined || entry === undefined) return undefined
      if (!entry.excused) excused.set(found, (excused.get(found) ?? 0) + 1)
      entry.excused = true
      return found
    },
    count: () => last,
    forgetOld() {
      const oldMs = now() - keptMs
      kills = kills.filter((killedMs) => killedMs > oldMs)
      for (const [nonce, { beganMs }] of entries) {
        // They are in the order in which they began.
        if (beganMs > oldMs) break
        entries.delete(nonce)
      }
    },
  }
}
