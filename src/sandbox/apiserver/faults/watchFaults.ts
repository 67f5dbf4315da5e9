import type { FaultEffect } from './fault.ts'

/** What goes wrong with one watch; infinite: never. */
export type WatchFaults = {
  readonly cutAfterEvents: number
  readonly silentAfterEvents: number
  /** 0: none comes twice. */
  readonly repeatEvery: number
  readonly holdMs: number
}

export const faultlessWatch: WatchFaults = watchFaultsOf([])

export function watchFaultsOf(effects: readonly FaultEffect[]): WatchFaults {
  const find = <K extends FaultEffect['kind']>(kind: K): Extract<FaultEffect, { readonly kind: K }> | undefined =>
    effects.find((effect): effect is Extract<FaultEffect, { readonly kind: K }> => effect.kind === kind)
  return {
    cutAfterEvents: find('cutWatch')?.afterEvents ?? Number.POSITIVE_INFINITY,
    silentAfterEvents: find('silenceWatch')?.afterEvents ?? Number.POSITIVE_INFINITY,
    repeatEvery: find('repeatEvents')?.every ?? 0,
    holdMs: find('holdEvents')?.ms ?? 0,
  }
}
