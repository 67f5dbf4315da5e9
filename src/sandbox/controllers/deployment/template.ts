import { isDeepStrictEqual } from 'node:util'
import type { PodTemplateSpec } from '../../../api/pod.ts'
import type { Deployment, ReplicaSet } from '../../../api/workloads.ts'
import { compareCreation } from './sizes.ts'

export const hashLabel = 'pod-template-hash'

/** The set that runs the Deployment's template, the oldest if there are several, and all others, oldest first. */
export function splitSets(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): { readonly newSet: ReplicaSet | undefined; readonly oldSets: readonly ReplicaSet[] } {
  const sorted = sets.toSorted(compareCreation)
  const newSet = sorted.find(({ spec }) => isSameTemplate(spec.template, deployment.spec.template))
  return { newSet, oldSets: sorted.filter((set) => set !== newSet) }
}

export function isSameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec): boolean {
  return a !== undefined && isDeepStrictEqual(withoutHash(a), withoutHash(b))
}

function withoutHash({ metadata = {}, spec }: PodTemplateSpec): PodTemplateSpec {
  const { labels = {}, ...rest } = metadata
  const { [hashLabel]: _, ...others } = labels
  return { metadata: { ...rest, labels: others }, spec }
}

/** Stable, and looks like upstream's: a number, spelled without vowels so that it never reads as a word. Another `collisionCount`, another hash. */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const number = fnv32a(`${canonical(template)}${collisionCount ?? ''}`)
  return [...String(number)].map((digit) => letters[digit.charCodeAt(0) % letters.length]).join('')
}

const letters = 'bcdfghjklmnpqrstvwxz2456789'

/** Keys in order, so that equal templates have equal texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

const nameMaximum = 253

export function replicaSetName(deploymentName: string, hash: string): string {
  return `${deploymentName.slice(0, nameMaximum - 1 - hash.length)}-${hash}`
}
