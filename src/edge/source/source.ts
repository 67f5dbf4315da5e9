import type { EdgeConfig } from '../config.ts'

/** Something wrong with a configuration, told so that its author can mend it. */
export type Problem = {
  /** The file, or the Kubernetes object. */
  readonly where: string
  /** 1-based; absent where the place is the whole file. */
  readonly line?: number
  readonly column?: number
  /** As in `splits.shop.backends.canary.weight`; empty for the whole. */
  readonly field: string
  /** What is wrong, with the offending value. */
  readonly message: string
  /** What to write instead. */
  readonly fix: string
}

export type SourceEvent =
  | TableEvent
  /** Nothing to serve yet: health and metrics alone, and not ready. Once anything is served it means nothing. */
  | { readonly kind: 'waiting'; readonly admin: EdgeConfig['admin'] }

export type TableEvent =
  | { readonly kind: 'config'; readonly config: EdgeConfig }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Where tables come from. `events` begins with the present state, ends when `signal` aborts, and never throws for bad content. */
export type Source = {
  readonly description: string
  events(signal: AbortSignal): AsyncIterable<SourceEvent>
  /** Of one that is somewhere else. */
  status?(): SourceStatus
}

export type SourceStatus = {
  readonly connected: boolean
  /** How long ago the latest table was what the source says; undefined: there is none. */
  readonly ageSeconds: number | undefined
  /** Objects that are not served as they say, by their kind. */
  readonly refused: ReadonlyMap<string, number>
}
