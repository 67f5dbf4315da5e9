import type { RoutingDelta } from '../core/routing/delta.ts'
import type { Routing } from '../core/routing/types.ts'
import type { EdgeConfig, ListenAddress } from './config.ts'
import type { StickyKeys } from './sticky/sticky.ts'
import type { TlsMaterial } from './tls/material.ts'

/** What main and workers say to each other; everything else between them goes through the counter blocks. */

export type WorkerData = {
  readonly index: number
  readonly workers: number
  /** Named in `Via`, the same for all workers of a process: how a forwarding loop is noticed. */
  readonly instanceId: string
  /** The worker's own counters (`workerAt`). */
  readonly block: SharedArrayBuffer
  /** What each worker accounts for of the process's memory, in bytes, by its index. */
  readonly memory: SharedArrayBuffer
}

/** All that a table is made from but for its routing. */
export type Settings = Omit<EdgeConfig, 'routing' | 'scope' | 'trafficSplits' | 'secrets'>

/** `base`: the version of the table that a delta applies to, which has all else in common with the new one. */
export type RoutingUpdate =
  | { readonly kind: 'whole'; readonly routing: Routing }
  | { readonly kind: 'delta'; readonly base: number; readonly delta: RoutingDelta }

/** Blocks of `at`, by split, then backend, for this worker. */
export type BackendBlocks = Readonly<Record<string, Readonly<Record<string, SharedArrayBuffer>>>>

export type ToWorker =
  /** Bind listeners that are new in this configuration; answered by `bound` or `refused`. Traffic is not touched. */
  | { readonly kind: 'prepare'; readonly version: number; readonly listeners: readonly ListenAddress[] }
  /** Swap to this table, start new listeners, close those that are gone; answered by `applied`, `refused` or, where `update` does not apply, `behind`. */
  | {
      readonly kind: 'apply'
      readonly version: number
      readonly settings: Settings
      readonly update: RoutingUpdate
      /** Of the splits in `update`. */
      readonly blocks: BackendBlocks
      readonly keys: StickyKeys
      /** Absent: no listener has TLS. `same`: as with the table before. */
      readonly tls?: TlsMaterial | 'same'
    }
  /** Forget what `prepare` of that version bound. */
  | { readonly kind: 'discard'; readonly version: number }
  /** Shutting down: accept still, but tell clients with each answer to go elsewhere. */
  | { readonly kind: 'leave' }
  /** Stop accepting, close idle connections, finish what is in flight within `drainMs`; answered by `drained`. */
  | { readonly kind: 'drain'; readonly drainMs: number }
  /** The latest batch of the access log is written, or given up: the next may come. */
  | { readonly kind: 'accessLogWritten' }

export type FromWorker =
  /** `addresses`: what was bound, with the real port where 0 was asked. */
  | { readonly kind: 'bound'; readonly version: number; readonly addresses: readonly ListenAddress[] }
  | { readonly kind: 'refused'; readonly version: number; readonly message: string }
  | { readonly kind: 'applied'; readonly version: number }
  /** The table in use is not the one that the delta applies to: nothing has changed. */
  | { readonly kind: 'behind'; readonly version: number }
  | { readonly kind: 'drained' }
  /** Whole lines; one batch at a time, but for the last. */
  | { readonly kind: 'accessLog'; readonly lines: string }
  | {
      readonly kind: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly fields: Readonly<Record<string, string | number>>
    }
