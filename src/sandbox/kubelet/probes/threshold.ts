import type { Probe } from '../../../api/container.ts'

export type ProbeKind = 'startup' | 'readiness' | 'liveness'
export type Outcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'failure'; readonly output: string }
  /** It could not be carried out. */
  | { readonly kind: 'unknown'; readonly output: string }

/** How often in a row a probe has gone the same way, and what that amounts to. */
export type Tally = { readonly last: 'success' | 'failure' | undefined; readonly inARow: number; readonly verdict: 'success' | 'failure' | undefined }

export const newTally: Tally = { last: undefined, inARow: 0, verdict: undefined }

/** What could not be carried out changes nothing. */
export function tallied(tally: Tally, { kind }: Outcome, { successThreshold = 1, failureThreshold = 3 }: Probe): Tally {
  if (kind === 'unknown') return tally
  const inARow = tally.last === kind ? tally.inARow + 1 : 1
  const isEnough = inARow >= (kind === 'success' ? successThreshold : failureThreshold)
  return { last: kind, inARow, verdict: isEnough ? kind : tally.verdict }
}

const titles = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const

/** What is told of a probe that did not succeed. */
export function failureMessage(kind: ProbeKind, outcome: Exclude<Outcome, { kind: 'success' }>): string {
  return outcome.kind === 'failure'
    ? `${titles[kind]} probe failed: ${outcome.output}`
    : `${titles[kind]} probe errored and resulted in unknown state: ${outcome.output}`
}

/** Why a container is killed. */
export function condemnation(kind: ProbeKind, container: string, isRestarted: boolean): string {
  return `Container ${container} failed ${kind} probe${isRestarted ? ', will be restarted' : ''}`
}
