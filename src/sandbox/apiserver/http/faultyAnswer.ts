import { setTimeout as after } from 'node:timers/promises'
import type { FaultCall, FaultEffect } from '../faults/fault.ts'
import { injectedRefusal } from '../faults/refusals.ts'
import { staleStore } from '../faults/staleStore.ts'
import { watchFaultsOf } from '../faults/watchFaults.ts'
import type { Answer } from './answer.ts'
import type { ResourceServer } from './apiRequest.ts'

export type FaultyCall = {
  readonly call: FaultCall
  readonly effects: readonly FaultEffect[]
  readonly resources: ResourceServer
  /** Nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Answers a call to which something is to happen. */
export async function answerFaulty(
  { call, effects, resources, signal }: FaultyCall,
  answer: (resources: ResourceServer) => Answer | Promise<Answer>,
): Promise<Answer> {
  let server: ResourceServer = { ...resources, watchFaults: watchFaultsOf(effects) }
  for (const effect of effects) {
    if (effect.kind === 'delay') await after(effect.ms, undefined, { signal })
    if (effect.kind === 'refuse') throw injectedRefusal(effect.code, effect.retryAfterSeconds, call)
    if (effect.kind === 'drop' && effect.when === 'before') return { kind: 'drop' }
    if (effect.kind === 'stale' && (call.verb === 'get' || call.verb === 'list')) {
      const { machinery } = server
      server = { ...server, machinery: { ...machinery, store: staleStore(machinery.store, effect.revisions) } }
    }
  }
  const found = await answer(server)
  return effects.some((effect) => effect.kind === 'drop') ? { kind: 'drop' } : found
}
