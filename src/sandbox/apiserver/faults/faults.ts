import { decideFault, type FaultState, newFaultState } from './decideFault.ts'
import type { FaultCall, FaultEffect, FaultRule } from './fault.ts'
import type { NewFault } from './parseFault.ts'

/** A rule, and what came of it. */
export type FaultReport = FaultRule & { readonly matched: number; readonly hit: number }

/** The faults that a server commits on purpose. */
export type Faults = {
  /** From which probabilities are drawn: the same calls in the same order then get the same faults. */
  readonly seed: number
  /** Gives the rule's name. */
  add(fault: NewFault): string
  remove(id: string): boolean
  clear(): void
  reports(): readonly FaultReport[]
  /** Counts a call, and tells what is to happen to it. */
  decide(call: FaultCall): readonly FaultEffect[]
}

export function openFaults(seed: number): Faults {
  let rules: readonly FaultRule[] = []
  let state: FaultState = newFaultState(seed)
  let named = 0
  return {
    seed,
    add({ match = {}, occurrence, effect }) {
      const id = `fault-${++named}`
      rules = [...rules, { id, match, occurrence, effect }]
      return id
    },
    remove(id) {
      const rest = rules.filter((rule) => rule.id !== id)
      const isGone = rest.length < rules.length
      rules = rest
      return isGone
    },
    clear() {
      rules = []
    },
    reports: () => rules.map((rule) => ({ ...rule, matched: state.matched[rule.id] ?? 0, hit: state.hit[rule.id] ?? 0 })),
    decide(call) {
      if (rules.length === 0) return []
      const decision = decideFault(rules, call, state)
      state = decision.state
      return decision.effects
    },
  }
}
