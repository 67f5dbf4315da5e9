/** Names of what a Rollout runs: of its pod template, and of its steps. */
import type { PodTemplateSpec } from '../../api/pod.ts'
import type { CanaryStep } from '../../api/rollout.ts'
import { podTemplateHashLabel } from '../../api/rolloutLabels.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import { plainTemplate } from './plainTemplate.ts'

/** On a ReplicaSet made by Argo Rollouts: what it added to the template's metadata, as JSON. */
const ephemeralMetadataAnnotation = 'rollout.argoproj.io/ephemeral-metadata'

/**
 * The same for every way to write the same pods: order of keys, null, and defaults do not matter. `collisionCount` tells apart templates of one hash.
 * It names a new ReplicaSet; one that exists keeps the hash in its label, whoever made it: see `findReplicaSet`.
 */
export function hashOfTemplate(template: PodTemplateSpec, collisionCount?: number | null): string {
  return safeHash(`${canonicalJson(plainTemplate(template))}${collisionCount ? `#${collisionCount}` : ''}`)
}

/** Bit for bit what Argo Rollouts writes into `status.currentStepHash`, so that a Rollout in the middle of its steps can be taken over there. */
export function hashOfSteps(steps: readonly CanaryStep[] | undefined): string {
  const json = steps === undefined ? 'null' : canonicalJson(steps.map(asWritten), byStepFields)
  return safeHash(json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))
}

/** Whether both make the same pods. */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return canonicalJson(plainTemplate(a)) === canonicalJson(plainTemplate(b))
}

/** The one of `replicaSets` that runs `template`: by its hash, else by what it says, so that one made by Argo Rollouts is recognised. */
export function findReplicaSet(
  template: PodTemplateSpec,
  collisionCount: number | null | undefined,
  replicaSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const hash = hashOfTemplate(template, collisionCount)
  return replicaSets.find((replicaSet) => hashOf(replicaSet) === hash) ?? replicaSets.find((replicaSet) => runs(replicaSet, template))
}

/** '' for a ReplicaSet without: none of a Rollout. */
export function hashOf(replicaSet: ReplicaSet): string {
  return replicaSet.metadata.labels?.[podTemplateHashLabel] ?? ''
}

function runs(replicaSet: ReplicaSet, template: PodTemplateSpec): boolean {
  const own = replicaSet.spec.template
  if (own === undefined) return false
  const injected = replicaSet.metadata.annotations?.[ephemeralMetadataAnnotation]
  if (injected === undefined) return isSameTemplate(own, template)
  // An undo copies what was injected into the Rollout: there it must not count either.
  return isSameTemplate(withoutInjected(own, injected), withoutInjected(template, injected))
}

function withoutInjected(template: PodTemplateSpec, injected: string): PodTemplateSpec {
  const added = parsedMetadata(injected)
  const remaining = (own: Readonly<Record<string, string>> = {}, extra: Readonly<Record<string, string>> = {}): Record<string, string> =>
    Object.fromEntries(Object.entries(own).filter(([key, value]) => extra[key] !== value))
  const { labels, annotations } = template.metadata ?? {}
  return {
    ...template,
    metadata: { ...template.metadata, labels: remaining(labels, added.labels), annotations: remaining(annotations, added.annotations) },
  }
}

type InjectedMetadata = { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }

function parsedMetadata(text: string): InjectedMetadata {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as InjectedMetadata) : {}
  } catch {
    // Whatever it is, it is not what Argo Rollouts writes: then nothing was injected.
    return {}
  }
}

/** Without the flags and lists that Argo Rollouts leaves away, and with the one object that it always writes. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, child]) => child !== false && child !== '' && !(Array.isArray(child) && child.length === 0))
  const written = Object.fromEntries(kept.map(([key, child]) => [key, asWritten(child)]))
  return 'templates' in written ? { analysisRunMetadata: {}, ...written } : written
}

/** Within one step's part, in the order in which Argo Rollouts writes them; others behind, by name. */
const stepFields =
  'setWeight pause experiment analysis setCanaryScale setHeaderRoute setMirrorRoute plugin duration weight replicas matchTrafficWeight name match headerName headerValue method path headers exact regex prefix percentage templates templateName clusterScope args value valueFrom dryRun measurementRetention analysisRunMetadata'.split(
    ' ',
  )

function byStepFields(a: string, b: string): number {
  const [x, y] = [stepFields.indexOf(a), stepFields.indexOf(b)]
  return x >= 0 && y >= 0 ? x - y : x >= 0 ? -1 : y >= 0 ? 1 : byName(a, b)
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Keys in order, without those that are null or absent. */
function canonicalJson(value: unknown, order = byName): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, order)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, child]) => child !== null && child !== undefined)
  entries.sort(([a], [b]) => order(a, b))
  return `{${entries.map(([key, child]) => `${JSON.stringify(key)}:${canonicalJson(child, order)}`).join(',')}}`
}

/** No vowels, and nothing that looks like one: no word comes out. */
const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

function safeHash(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return [...String(hash >>> 0)].map((digit) => safeAlphabet[digit.charCodeAt(0) % safeAlphabet.length]).join('')
}
