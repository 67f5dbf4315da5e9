/**
 * When an endpoint is taken out of use, and when it is back: values in, values out. Two kinds of evidence: it does not accept connections (`down`,
 * out at once, until a probe connects), or its requests fail one after the other (`failing`, out for a time, then probed, then on probation).
 */
export type Health =
  | {
      readonly kind: 'in'
      /** In a row. */
      readonly failures: number
      /** One failure puts it out again. */
      readonly probation: boolean
      readonly past: Past
    }
  | { readonly kind: 'out'; readonly why: 'failing' | 'down'; readonly sinceMs: number; readonly probeAtMs: number; readonly past: Past }

/** What is still held against it, until it has been in for as long as it was out. */
type Past = {
  /** Times that it went out as failing. */
  readonly ejections: number
  /** Times that it accepted no connection. */
  readonly misses: number
  readonly forgottenAtMs: number
}

export type EjectionPolicy = { readonly ejectAfter: number; readonly ejectMs: number }

const firstProbeMs = 1_000
/** Of `ejectMs`, however often it has failed. */
const longestFactor = 16

const blank: Past = { ejections: 0, misses: 0, forgottenAtMs: 0 }
export const sound: Health = { kind: 'in', failures: 0, probation: false, past: blank }

/** A request to it failed, though it accepts connections. */
export function afterFailure(health: Health, nowMs: number, { ejectAfter, ejectMs }: EjectionPolicy): Health {
  if (health.kind === 'out' || ejectAfter === 0) return health
  const failures = health.failures + 1
  if (!health.probation && failures < ejectAfter) return { ...health, failures }
  const past = pastAt(health.past, nowMs)
  const ejections = past.ejections + 1
  const probeAtMs = nowMs + ejectMs * Math.min(longestFactor, 2 ** (ejections - 1))
  return { kind: 'out', why: 'failing', sinceMs: nowMs, probeAtMs, past: { ...past, ejections } }
}

/** It answered a request, and well. */
export function afterAnswer(health: Health, nowMs: number): Health {
  if (health.kind === 'out') return health
  if (pastAt(health.past, nowMs) === blank) return sound
  return health.failures === 0 && !health.probation ? health : { ...health, failures: 0, probation: false }
}

/** It did not accept a user's connection. */
export function afterRefusal(health: Health, nowMs: number, policy: EjectionPolicy): Health {
  return health.kind === 'out' && health.why === 'down' ? health : missed(health, nowMs, policy)
}

/** It did not accept a probe's. */
export function afterMissedProbe(health: Health, nowMs: number, policy: EjectionPolicy): Health {
  return missed(health, nowMs, policy)
}

function missed(health: Health, nowMs: number, { ejectMs }: EjectionPolicy): Health {
  const past = health.kind === 'in' ? pastAt(health.past, nowMs) : health.past
  const misses = past.misses + 1
  const probeAtMs = nowMs + Math.min(firstProbeMs * 2 ** (misses - 1), ejectMs)
  const earliestMs = health.kind === 'out' && health.why === 'failing' ? health.probeAtMs : 0
  const sinceMs = health.kind === 'out' ? health.sinceMs : nowMs
  return { kind: 'out', why: 'down', sinceMs, probeAtMs: Math.max(probeAtMs, earliestMs), past: { ...past, misses } }
}

/** It accepted a user's connection: one that was down is back; one that failed before has proved nothing by that. */
export function afterConnection(health: Health, nowMs: number, policy: EjectionPolicy): Health {
  return health.kind === 'out' && health.why === 'down' ? returned(health, nowMs, policy) : health
}

/** It accepted a probe's. */
export function afterProbe(health: Health, nowMs: number, policy: EjectionPolicy): Health {
  return health.kind === 'out' ? returned(health, nowMs, policy) : health
}

function returned(health: Health & { readonly kind: 'out' }, nowMs: number, { ejectMs }: EjectionPolicy): Health {
  const { past, sinceMs } = health
  const forgottenAtMs = nowMs + Math.min(nowMs - sinceMs, longestFactor * ejectMs)
  return { kind: 'in', failures: 0, probation: past.ejections > 0, past: { ...past, forgottenAtMs } }
}

export function isProbeDue(health: Health, nowMs: number): boolean {
  return health.kind === 'out' && health.probeAtMs <= nowMs
}

function pastAt(past: Past, nowMs: number): Past {
  return past.forgottenAtMs <= nowMs ? blank : past
}

/**
 * Those of a backend's endpoints that get requests. Never more than half of those that accept connections are passed over because they fail:
 * the first that went out stay out, the others are used again. None: all are down.
 */
export function available<E extends { readonly health: Health }>(endpoints: readonly E[]): readonly E[] {
  const accepting = endpoints.filter(({ health }) => health.kind === 'in' || health.why !== 'down')
  const failing = accepting.filter(({ health }) => health.kind === 'out').sort((a, b) => sinceOf(a.health) - sinceOf(b.health))
  const passedOver = new Set(failing.slice(0, Math.floor(accepting.length / 2)))
  return accepting.filter((endpoint) => !passedOver.has(endpoint))
}

function sinceOf(health: Health): number {
  return health.kind === 'out' ? health.sinceMs : Number.POSITIVE_INFINITY
}
