/** Which calls a fault is for; all that is given must fit. */
export type FaultMatch = {
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for paths that are no resources, the method in small letters. */
  readonly verbs?: readonly string[]
  /** `pods`, `deployments.apps`, `deployments.apps/status`. */
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
  /** A part of the User-Agent. */
  readonly userAgent?: string
  /** What the path begins with. */
  readonly path?: string
}

/** Which of the calls that match are hit; all of them if absent. Calls are counted from 1. */
export type FaultOccurrence =
  | { readonly kind: 'nth'; readonly nth: number }
  | { readonly kind: 'first'; readonly count: number }
  /** From 0 to 1, drawn from the seed. */
  | { readonly kind: 'probability'; readonly probability: number }

export type FaultEffect =
  | { readonly kind: 'delay'; readonly ms: number }
  /** 409, 410, 429 and 5xx, worded as the real server words them. */
  | { readonly kind: 'refuse'; readonly code: number; readonly retryAfterSeconds?: number }
  /** The connection breaks, before anything was done or when all was done but the answer. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  /** A get or a list answers as of so many writes ago, or of the oldest that is known. */
  | { readonly kind: 'stale'; readonly revisions: number }
  /** The connection of a watch breaks after so many events. */
  | { readonly kind: 'cutWatch'; readonly afterEvents: number }
  /** A watch falls silent after so many events; its connection stays. */
  | { readonly kind: 'silenceWatch'; readonly afterEvents: number }
  /** Every so manieth event of a watch comes twice. */
  | { readonly kind: 'repeatEvents'; readonly every: number }
  /** Each event of a watch comes so much later, so that those of other kinds overtake it. */
  | { readonly kind: 'holdEvents'; readonly ms: number }

export type FaultRule = {
  readonly id: string
  readonly match: FaultMatch
  readonly occurrence: FaultOccurrence | undefined
  readonly effect: FaultEffect
}

/** A call as faults see it. */
export type FaultCall = {
  readonly verb: string
  readonly path: string
  /** '' for paths that are no resources. */
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly userAgent: string
}
