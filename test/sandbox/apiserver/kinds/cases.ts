import type { JsonObject } from '../../../../src/sandbox/unstructured.ts'

/** An object that is created; then, each on its own, changed by a merge patch and given a status. */
export type Case = {
  readonly name: string
  readonly object: JsonObject & { readonly apiVersion: string; readonly kind: string; readonly metadata: JsonObject }
  readonly patch?: JsonObject
  readonly status?: JsonObject
  /** Another version in which it is read, too. */
  readonly readAs?: string
}

/** What a server answers: the object, or the Status of a refusal; and the cells of its row, but for its age. */
export type Answer = {
  readonly object?: JsonObject
  readonly refusal?: JsonObject
  readonly row?: Readonly<Record<string, unknown>>
  readonly warnings?: readonly string[]
}

export type Golden = {
  readonly recordedAt: string
  readonly created: Answer
  readonly patched?: Answer
  readonly withStatus?: Answer
  readonly readAs?: Answer
}

export const namespace = 'kinds-golden'

/** Fields that no two servers have the same. */
const volatile = ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields']

/** Without what differs from run to run: uids, versions, times of creation, addresses and ports that were picked. */
export function normalized(object: JsonObject): JsonObject {
  const metadata = without(object.metadata as JsonObject, [...volatile, ...(object.kind === 'Deployment' ? ['annotations'] : [])])
  const status = byController(object) ? { status: without(object.status as JsonObject, controlled) } : {}
  const uid = String((object.metadata as JsonObject).uid)
  const text = JSON.stringify({ ...object, metadata, ...status })
    .replaceAll(`"${uid}"`, '"a uid"')
    // It is taken away again by a controller that the sandbox has not, when the node is ready.
    .replace(',"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]', '')
    .replace('"taints":[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]', '')
    .replace(/"10\.96\.\d+\.\d+"/g, '"an address"')
  const timeless = text.replace(/"lastTransitionTime":"202[6-9][^"]*"/g, '"lastTransitionTime":"a time"')
  return JSON.parse(timeless.replace(/"(nodePort|healthCheckNodePort)":3[012]\d{3}/g, '"$1":"a port"')) as JsonObject
}

/** What a controller of the real cluster may have written meanwhile. */
const controlled = ['conditions', 'observedGeneration', 'terminating', 'uncountedTerminatedPods', 'ready', 'active', 'startTime']

function byController({ kind }: JsonObject): boolean {
  return ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'PodDisruptionBudget'].includes(kind as string)
}

function without(map: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)))
}

export function normalizedCell(cell: unknown): unknown {
  if (typeof cell !== 'string') return cell
  const withoutUid = cell.replace(/controller-uid=[-\w]+/, 'controller-uid=a uid')
  return withoutUid.replace(/\b10\.96\.\d+\.\d+\b/g, 'an address').replace(/:3[012]\d{3}\//g, ':a port/')
}

/** A refusal's part that tells what is wrong. */
export function refusal(status: JsonObject): JsonObject {
  const { reason, message, code, details } = status as { reason: string; message: string; code: number; details?: { causes?: JsonObject[] } }
  const text = JSON.stringify({ code, reason, message, ...(details?.causes !== undefined && { causes: details.causes }) })
  // The server shows templates by the names that they have within.
  const uidless = text.replace(/controller-uid\\":\\"[-\w]+/g, 'controller-uid\\":\\"a uid')
  const shown = uidless.replace(/Invalid value: \{\\"(labels|metadata)\\".*?\}: field is immutable/g, 'Invalid value: a template: field is immutable')
  return JSON.parse(shown) as JsonObject
}
