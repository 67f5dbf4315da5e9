import type { Target } from './decision.ts'

/** The object that was seen, and no other of its name. */
export function targetOf({ metadata }: { readonly metadata: { readonly name: string; readonly uid?: string } }): Target {
  return { name: metadata.name, uid: metadata.uid ?? '' }
}
