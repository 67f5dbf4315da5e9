/**
 * What a worker turns away so that it can serve the rest. A worker that is late turns new connections away, ever more of them while that does not help,
 * and requests only when it turns every connection away and is very late all the same. One that is short of memory turns all requests
 * away, and with nearly none left all connections.
 */

/** What one sample tells. */
export type Load = {
  /** How late the event loop was in coming round. */
  readonly lagMs: number
  /** Of the memory that there is, what is in use: 0 to 1. */
  readonly memoryShare: number
}

/** On when a value has been high for some samples in a row; off when it is low. */
export type Alarm = { readonly on: boolean; readonly highFor: number }

export type Admission = {
  /** Shares that are turned away for lateness, 0 to 1. */
  readonly connections: number
  readonly requests: number
  readonly isLate: Alarm
  readonly isVeryLate: Alarm
  /** Of memory: requests are turned away; connections too. */
  readonly isShort: Alarm
  readonly isExhausted: Alarm
}

export const quiet: Alarm = { on: false, highFor: 0 }
export const admitsAll: Admission = { connections: 0, requests: 0, isLate: quiet, isVeryLate: quiet, isShort: quiet, isExhausted: quiet }

type Bounds = { readonly high: number; readonly low: number; readonly samples: number }

/** A request takes two or three rounds of the loop: late is what people notice, very late what clients do not wait for. */
const late: Bounds = { high: 250, low: 250, samples: 4 }
const veryLate: Bounds = { high: 500, low: 500, samples: 4 }
const short: Bounds = { high: 0.9, low: 0.85, samples: 3 }
const exhausted: Bounds = { high: 0.95, low: 0.92, samples: 3 }

/** By which a share grows with a sample that is just late; later ones let it grow faster. */
const stepUp = 0.1
/** What is left of a share after a sample that finds nobody waiting: from all to nothing in half a second. Shares that help are kept. */
const eased = 0.7
const leastShare = 0.02
const idleMs = 50

export function admission(before: Admission, load: Load): Admission {
  const { lagMs, memoryShare } = load
  const isLate = alarm(before.isLate, lagMs, late)
  const isVeryLate = alarm(before.isVeryLate, lagMs, veryLate)
  const connections = isLate.on ? step(before.connections, lagMs / late.high) : lagMs < idleMs ? ease(before.connections) : before.connections
  const requests =
    isVeryLate.on && before.connections === 1
      ? step(before.requests, lagMs / veryLate.high)
      : lagMs < idleMs
        ? ease(before.requests)
        : before.requests
  const isShort = alarm(before.isShort, memoryShare, short)
  return { connections, requests, isLate, isVeryLate, isShort, isExhausted: alarm(before.isExhausted, memoryShare, exhausted) }
}

export function alarm({ on, highFor }: Alarm, value: number, { high, low, samples }: Bounds): Alarm {
  const highNow = value >= high ? highFor + 1 : 0
  return { on: highNow >= samples || (on && value >= low), highFor: highNow }
}

function step(share: number, severity: number): number {
  return Math.min(1, share + stepUp * severity)
}

function ease(share: number): number {
  return share * eased < leastShare ? 0 : share * eased
}
