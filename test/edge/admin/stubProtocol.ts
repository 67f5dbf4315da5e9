import type { ToWorker } from '../../../src/edge/protocol.ts'

/** A BroadcastChannel: it reaches all threads of this process, so one edge at a time. */
export const stubChannel = 'stub-workers'

export type StubCommand =
  | { readonly worker: number; readonly kind: 'die' }
  | { readonly worker: number; readonly kind: 'count'; readonly split: string; readonly backend: string; readonly cell: number; readonly by: number }
  | { readonly worker: number; readonly kind: 'countOwn'; readonly cell: number; readonly by: number }
export type StubReport =
  | { readonly kind: 'told'; readonly worker: number; readonly thread: number; readonly message: ToWorker }
  | { readonly kind: 'counted'; readonly worker: number }
