import { randomFillSync } from 'node:crypto'
import { ApiError, invalid } from '../../../../src/sandbox/apiserver/apiError.ts'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import type { Kind, WriteContext } from '../../../../src/sandbox/apiserver/kinds/kind.ts'
import type { JsonObject, Unstructured } from '../../../../src/sandbox/unstructured.ts'
import { type Answer, type Case, namespace, normalized, normalizedCell, refusal } from './cases.ts'

/** The writes of a server in small: what it does beside the kinds, and nothing of it twice. */

export const now = '2026-01-01T00:00:00Z'
export const context: WriteContext = { now, random: (bytes) => randomFillSync(new Uint8Array(bytes)) }

export function kindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): Kind {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const found = builtinKinds.find((each) => each.group === group && each.version === version && each.kind === kind)
  if (found === undefined) throw new Error(`${apiVersion} ${kind} is not served`)
  return found
}

export function created(kind: Kind, object: Case['object']): Unstructured {
  const { strategy } = kind
  const given = structuredClone(object) as unknown as Unstructured
  const metadata = { ...given.metadata, ...(kind.namespaced && { namespace }), creationTimestamp: now, uid: 'the-uid', resourceVersion: '1' }
  const generation = strategy.keepsGeneration ? { generation: 1 } : {}
  const whole = frozen({ ...given, metadata: { ...metadata, ...generation } })
  const made = frozen(strategy.prepareForCreate!(frozen(strategy.defaults!(whole)), context))
  check(kind, made, undefined)
  return kind.conversion === undefined ? made : kind.conversion.fromStored(kind.conversion.toStored(made))
}

export function patched(kind: Kind, old: Unstructured, patch: JsonObject): Unstructured {
  const { strategy } = kind
  const made = strategy.prepareForUpdate!(
    frozen(strategy.defaults!(merged(old as unknown as JsonObject, patch) as unknown as Unstructured)),
    old,
    context,
  )
  check(kind, made, old)
  const spoken = JSON.stringify(made.spec) !== JSON.stringify(old.spec)
  return strategy.keepsGeneration && spoken ? { ...made, metadata: { ...made.metadata, generation: old.metadata.generation! + 1 } } : made
}

export function withStatus(kind: Kind, old: Unstructured, status: JsonObject): Unstructured {
  const { strategy } = kind
  const changed = merged(old as unknown as JsonObject, { status }) as unknown as Unstructured
  const made = strategy.prepareForStatusUpdate!(strategy.defaults!(changed), old)
  check(kind, made, old)
  return made
}

/** As what is kept is: whoever writes into it is seen. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) for (const each of Object.values(Object.freeze(value))) frozen(each)
  return value
}

export function readIn(other: Kind, kind: Kind, object: Unstructured): Unstructured {
  const kept = kind.conversion?.toStored(object) ?? object
  return other.conversion?.fromStored(kept) ?? kept
}

function check(kind: Kind, object: Unstructured, old: Unstructured | undefined): void {
  const errors = kind.strategy.validate?.(object, old) ?? []
  // Refusals name the kind as which objects are kept.
  const [, ...group] = kind.storedAs.split('.')
  if (errors.length > 0) throw invalid({ ...kind, group: group.join('.'), name: object.metadata.name }, errors)
}

function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, JsonObject[string]> = { ...target }
  for (const [key, value] of Object.entries(patch)) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    const was = target[key]
    if (value === null) delete result[key]
    else if (isMap)
      result[key] = merged(typeof was === 'object' && was !== null && !Array.isArray(was) ? (was as JsonObject) : {}, value as JsonObject)
    else result[key] = value
  }
  return result
}

type Warned = (object: Unstructured) => readonly string[]

/** As the recorder writes an answer down. */
export function answerOf(kind: Kind, write: () => Unstructured, nowMs: number, warned: Warned = () => []): Answer {
  try {
    const object = write()
    const cells = kind.columns.map((column) => [column.name, normalizedCell(column.cell(object, nowMs))] as const)
    const warnings = warned(object)
    const row = Object.fromEntries(cells.filter(([name]) => name !== 'Age' && name !== 'Created At'))
    return { object: normalized(object as unknown as JsonObject), ...(warnings.length > 0 && { warnings }), row }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { code, reason, message, details } = error
    return { refusal: refusal({ code, reason, message, details: details ?? {} }) }
  }
}
