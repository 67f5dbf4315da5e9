import type { ObjectReference } from '../../api/objectReference.ts'
import type { Pod } from '../../api/pod.ts'
import { ApiError } from '../apiserver/apiError.ts'
import { isNamespaceEnding, type World } from './runner.ts'

/** The first refusal; what came before it is done. */
export type PodFailure = { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string; readonly cause: ApiError }

/** Makes pods until the first refusal, and tells `about` of each. */
export function createPods(about: ObjectReference, pods: readonly Pod[], { cluster, recorder }: World): PodFailure | undefined {
  for (const pod of pods) {
    try {
      const { name } = cluster.create('pods', pod).metadata
      recorder.record(about, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${name}` })
    } catch (error) {
      if (isNamespaceEnding(error)) return undefined
      if (!(error instanceof ApiError)) throw error
      recorder.record(about, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}` })
      return { reason: 'FailedCreate', message: error.message, cause: error }
    }
  }
  return undefined
}

/** Deletes pods until the first refusal, and tells `about` of each. */
export function deletePods(about: ObjectReference, pods: readonly Pod[], { cluster, recorder }: World): PodFailure | undefined {
  for (const { metadata } of pods) {
    try {
      cluster.delete('pods', metadata)
      recorder.record(about, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${metadata.name}` })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.code === 404) continue
      recorder.record(about, { type: 'Warning', reason: 'FailedDelete', message: `Error deleting: ${error.message}` })
      return { reason: 'FailedDelete', message: `unable to delete pods: ${error.message}`, cause: error }
    }
  }
  return undefined
}
