/** A status as others may have left it: whatever in it is no status counts as absent. */
import type { RolloutStatus } from '../../api/rollout.ts'

const texts = ['observedGeneration', 'currentPodHash', 'stableRS', 'currentStepHash', 'abortedAt', 'restartedAt', 'phase', 'message', 'selector']
const numbers = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'HPAReplicas', 'currentStepIndex', 'collisionCount']
const flags = ['controllerPause', 'abort', 'promoteFull']
const lists = ['pauseConditions', 'conditions']
const objects = ['canary', 'blueGreen', 'spillway']

/** What nobody here knows is kept as it is. */
export function readStatus(value: unknown): RolloutStatus {
  if (!isObject(value)) return {}
  const read: Record<string, unknown> = { ...value }
  const keep = (names: readonly string[], isRight: (field: unknown) => boolean): void => {
    for (const name of names) if (name in read && !isRight(read[name])) delete read[name]
  }
  keep(texts, (field) => typeof field === 'string')
  keep(numbers, Number.isSafeInteger)
  keep(flags, (field) => typeof field === 'boolean')
  keep(lists, Array.isArray)
  keep(objects, isObject)
  for (const name of lists) if (Array.isArray(read[name])) read[name] = read[name].filter(isObject)
  if (isObject(read['canary']) && 'weights' in read['canary'] && !areWeights(read['canary']['weights'])) {
    const { weights: _, ...canary } = read['canary']
    read['canary'] = canary
  }
  return read as RolloutStatus
}

function areWeights(value: unknown): boolean {
  if (!isObject(value)) return false
  const { canary, stable, additional = [] } = value
  return isObject(canary) && isObject(stable) && Array.isArray(additional) && additional.every(isObject)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
