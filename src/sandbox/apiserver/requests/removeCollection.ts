import { ApiError } from '../apiError.ts'
import { type Listed, list } from './list.ts'
import type { ListOptions } from './listOptions.ts'
import type { Call, Machinery } from './machinery.ts'
import { type RemoveOptions, remove } from './remove.ts'

/** Deletes every object that a list would give, and gives that list. */
export function removeCollection(machinery: Machinery, call: Call, options: ListOptions, how: RemoveOptions): Listed {
  const found = list(machinery, call, options)
  for (const { metadata } of found.items) {
    try {
      remove(machinery, { ...call, namespace: metadata.namespace }, metadata.name, how)
    } catch (error) {
      // An owner's deletion may have taken it along.
      if (!(error instanceof ApiError && error.code === 404)) throw error
    }
  }
  return found
}
