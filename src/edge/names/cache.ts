import { type Backoff, backoffMs } from '../../lib/backoff.ts'

/** What is known of a name: decided from answers and the clock alone. */

/** Of one family. `none`: there is no such address; `failed`: nobody could tell. */
export type FamilyAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttlMs: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed' }
export type Answer = { readonly v4: FamilyAnswer; readonly v6: FamilyAnswer }

type Held = {
  /** Sorted, each once. */
  readonly addresses: readonly string[]
  readonly freshUntilMs: number
  /** They were asked for since, and nothing came of it. */
  readonly missed: boolean
}
export type Cached = {
  readonly v4: Held
  readonly v6: Held
  /** Answers without any address, in a row. */
  readonly failures: number
  readonly askAtMs: number
}

const nothing: Held = { addresses: [], freshUntilMs: 0, missed: false }
const shortestTtlMs = 1_000
const longestTtlMs = 300_000
const backoff: Backoff = { firstMs: 1_000, longestMs: 30_000 }

/** To be asked at once. */
export function unknown(nowMs: number): Cached {
  return { v4: nothing, v6: nothing, failures: 0, askAtMs: nowMs }
}

/** `random` in [0, 1) spreads retries. A name that is said not to exist keeps its addresses, as one that nobody answers for. */
export function learn(cached: Cached, answer: Answer, nowMs: number, random: number): Cached {
  const found = [answer.v4, answer.v6].filter((family) => family.kind === 'addresses')
  if (found.length > 0) {
    const askAtMs = nowMs + Math.min(...found.map(({ ttlMs }) => clampTtl(ttlMs)))
    return { v4: held(cached.v4, answer.v4, nowMs), v6: held(cached.v6, answer.v6, nowMs), failures: 0, askAtMs }
  }
  const failures = cached.failures + 1
  const retryMs = Math.max(
    backoff.firstMs,
    backoffMs(backoff, failures, () => random),
  )
  return { v4: { ...cached.v4, missed: true }, v6: { ...cached.v6, missed: true }, failures, askAtMs: nowMs + retryMs }
}

function held(before: Held, answer: FamilyAnswer, nowMs: number): Held {
  switch (answer.kind) {
    case 'addresses':
      return { addresses: [...new Set(answer.addresses)].sort(), freshUntilMs: nowMs + clampTtl(answer.ttlMs), missed: false }
    case 'none':
      return nothing
    case 'failed':
      return { ...before, missed: true }
  }
}

function clampTtl(ttlMs: number): number {
  return Math.min(longestTtlMs, Math.max(shortestTtlMs, ttlMs))
}

/** Without the addresses that have outlived their time to live by more than `maxStaleMs`, and were asked for in vain. */
export function dropStale(cached: Cached, nowMs: number, maxStaleMs: number): Cached {
  const isOver = (family: Held): boolean => family.missed && family.addresses.length > 0 && nowMs >= family.freshUntilMs + maxStaleMs
  if (!isOver(cached.v4) && !isOver(cached.v6)) return cached
  return { ...cached, v4: isOver(cached.v4) ? nothing : cached.v4, v6: isOver(cached.v6) ? nothing : cached.v6 }
}

export function addressesOf({ v4, v6 }: Cached): readonly string[] {
  return [...v4.addresses, ...v6.addresses]
}

/** By how much the oldest addresses have outlived their time to live; 0: they have not, or there are none. */
export function staleMs({ v4, v6 }: Cached, nowMs: number): number {
  return Math.max(0, ...[v4, v6].filter(({ addresses }) => addresses.length > 0).map(({ freshUntilMs }) => nowMs - freshUntilMs))
}

/** When `dropStale` has something to do, unless an answer comes before; Infinity: never. */
export function dropAtMs({ v4, v6 }: Cached, maxStaleMs: number): number {
  const missed = [v4, v6].filter(({ addresses, missed }) => missed && addresses.length > 0)
  return Math.min(...missed.map(({ freshUntilMs }) => freshUntilMs + maxStaleMs))
}
