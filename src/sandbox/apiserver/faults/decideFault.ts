import type { FaultCall, FaultEffect, FaultMatch, FaultOccurrence, FaultRule } from './fault.ts'

/** What has happened so far: how many calls matched and were hit, by rule, and where the draws have come to. */
export type FaultState = {
  readonly matched: Readonly<Record<string, number>>
  readonly hit: Readonly<Record<string, number>>
  /** An unsigned 32-bit number; the seed at the start. */
  readonly draws: number
}

export type FaultDecision = { readonly effects: readonly FaultEffect[]; readonly state: FaultState }

export function newFaultState(seed: number): FaultState {
  return { matched: {}, hit: {}, draws: seed >>> 0 }
}

/** What is to happen to a call. The same calls in the same order under the same seed get the same faults. */
export function decideFault(rules: readonly FaultRule[], call: FaultCall, state: FaultState): FaultDecision {
  return rules.reduce<FaultDecision>((decided, rule) => decideRule(rule, call, decided), { effects: [], state })
}

function decideRule({ id, match, occurrence, effect }: FaultRule, call: FaultCall, decided: FaultDecision): FaultDecision {
  if (!matches(match, call)) return decided
  const { state } = decided
  const count = (state.matched[id] ?? 0) + 1
  const [drawn, draws] = occurrence?.kind === 'probability' ? draw(state.draws) : [0, state.draws]
  const isHit = occurs(occurrence, count, drawn)
  const hit = isHit ? { ...state.hit, [id]: (state.hit[id] ?? 0) + 1 } : state.hit
  return {
    effects: isHit ? [...decided.effects, effect] : decided.effects,
    state: { matched: { ...state.matched, [id]: count }, hit, draws },
  }
}

function matches({ verbs, resource, namespace, name, userAgent, path }: FaultMatch, call: FaultCall): boolean {
  return (
    (verbs === undefined || verbs.includes(call.verb)) &&
    (resource === undefined || resource === call.resource) &&
    (namespace === undefined || namespace === call.namespace) &&
    (name === undefined || name === call.name) &&
    (userAgent === undefined || call.userAgent.includes(userAgent)) &&
    (path === undefined || call.path.startsWith(path))
  )
}

function occurs(occurrence: FaultOccurrence | undefined, count: number, drawn: number): boolean {
  switch (occurrence?.kind) {
    case undefined:
      return true
    case 'nth':
      return count === occurrence.nth
    case 'first':
      return count <= occurrence.count
    case 'probability':
      return drawn < occurrence.probability
  }
}

/** A number from 0 to below 1, and the state of the next draw (SplitMix32). */
function draw(state: number): readonly [drawn: number, next: number] {
  const next = (state + 0x9e3779b9) >>> 0
  let mixed = next ^ (next >>> 16)
  mixed = Math.imul(mixed, 0x21f0aaad)
  mixed ^= mixed >>> 15
  mixed = Math.imul(mixed, 0x735a2d97)
  mixed ^= mixed >>> 15
  return [(mixed >>> 0) / 2 ** 32, next]
}
