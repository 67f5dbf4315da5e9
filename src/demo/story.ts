/** What happens by itself in the demo: (what is seen, for how long) → the next thing to do. Pure. */
import type { Rollout } from '../api/rollout.ts'
import { badVersion, imageOf, shop } from './shop.ts'

/** Arguments of a verb, as a person would type them, and why. */
export type Move = { readonly args: readonly string[]; readonly because: string }

export type Chapter =
  /** The first version comes up. */
  | { readonly kind: 'opening' }
  /** It is being released, by the story. */
  | { readonly kind: 'releasing' }
  /** The story has nothing more to do. */
  | { readonly kind: 'told' }

export type Told = { readonly chapter: Chapter; readonly move: Move | undefined }

/** So long the first version is seen alone, and a pause without end lasts until the story goes on. */
const calmMs = 4_000
const trustMs = 8_000

/** `sinceMs`: for how long the Rollout has looked as it does, in phase and step. */
export function tell(
  chapter: Chapter,
  rollout: Rollout | undefined,
  { sinceMs, isBad }: { readonly sinceMs: number; readonly isBad: boolean },
): Told {
  const { phase, currentStepIndex, pauseConditions } = rollout?.status ?? {}
  switch (chapter.kind) {
    case 'opening': {
      if (phase !== 'Healthy' || sinceMs < calmMs) return { chapter, move: undefined }
      const version = isBad ? badVersion : 'v2'
      const because = isBad ? `${version} is released; it fails 3 times in 10` : `${version} is released`
      return { chapter: { kind: 'releasing' }, move: { args: ['set', 'image', shop.name, imageOf(version)], because } }
    }
    case 'releasing': {
      // Whoever lets a failing version go on does so himself.
      if (isBad) return { chapter: { kind: 'told' }, move: undefined }
      const step = rollout?.spec.strategy?.canary?.steps?.[currentStepIndex ?? -1]
      const isWaiting = phase === 'Paused' && pauseConditions?.length === 1 && step?.pause !== undefined && step.pause.duration === undefined
      if (!isWaiting || sinceMs < trustMs) return { chapter, move: undefined }
      return { chapter: { kind: 'told' }, move: { args: ['promote', shop.name], because: 'a pause without end waits for somebody: promoted' } }
    }
    case 'told':
      return { chapter, move: undefined }
  }
}

/** What keys stand for, as arguments of verbs. */
export const keys: Readonly<Record<string, readonly string[]>> = {
  p: ['promote', shop.name],
  f: ['promote', shop.name, '--full'],
  a: ['abort', shop.name],
  r: ['retry', 'rollout', shop.name],
  u: ['undo', shop.name],
  ' ': ['pause', shop.name],
  n: ['set', 'image', shop.name, imageOf('v2')],
  b: ['set', 'image', shop.name, imageOf(badVersion)],
}
export const keyHelp = 'p promote  f full  a abort  r retry  u undo  space pause  n v2  b v3  q quit'
