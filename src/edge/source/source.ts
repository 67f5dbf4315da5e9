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
  | { readonly kind: 'config'; readonly config: EdgeConfig }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }

/** Where tables come from. `events` begins with the present state, ends when `signal` aborts, and never throws for bad content. */
export type Source = {
  readonly description: string
  events(signal: AbortSignal): AsyncIterable<SourceEvent>
}
