import type { JsonObject, ManagedFieldsEntry } from '../../unstructured.ts'
import { difference, emptySet, type FieldSet, isEmptySet, union } from './fieldSet.ts'
import { fieldsV1, parseFieldsV1 } from './fieldsV1.ts'

/** Who owns fields: one entry for each name, operation, subresource and, but for appliers, version. */
export type Manager = Pick<ManagedFieldsEntry, 'manager' | 'operation' | 'apiVersion'> & { readonly subresource?: string }
export type Ownership = Manager & {
  readonly fields: FieldSet
  /** When the fields were last changed by it. */
  readonly time?: string
}
/** By `managerKey`. */
export type Managers = ReadonlyMap<string, Ownership>

const maxUpdateManagers = 10
const pooledManager = 'ancient-changes'

/** Equal for one manager; an applier stays the same when it turns to another version. */
export function managerKey({ manager, operation, apiVersion, subresource }: Manager): string {
  const version = operation === 'Apply' ? {} : { apiVersion }
  return JSON.stringify({ manager, operation, ...version, ...(subresource !== undefined && subresource !== '' && { subresource }) })
}

export function managerOf(key: string): Manager {
  return { apiVersion: '', ...(JSON.parse(key) as Partial<Manager> & Omit<Manager, 'apiVersion'>) }
}

/** Undefined where an entry makes no sense: all are void then. */
export function parseManagers(entries: readonly ManagedFieldsEntry[]): Managers | undefined {
  const managers = new Map<string, Ownership>()
  for (const { manager = '', operation, apiVersion, subresource, time, fieldsType, fieldsV1: written } of entries) {
    const fields = parseFieldsV1(written)
    const isKnown = (operation === 'Apply' || operation === 'Update') && apiVersion !== undefined && apiVersion !== '' && fieldsType === 'FieldsV1'
    if (!isKnown || fields === undefined) return undefined
    const who = { manager, operation, apiVersion, ...(subresource !== undefined && { subresource }) }
    managers.set(managerKey(who), { ...who, fields, ...(time !== undefined && { time }) })
  }
  return managers
}

/** Appliers first, then by time. */
export function managedFields(managers: Managers): readonly ManagedFieldsEntry[] {
  return [...managers.values()]
    .toSorted((a, b) => order(a.operation, b.operation) || secondsOf(a) - secondsOf(b) || order(a.manager, b.manager) || order(rest(a), rest(b)))
    .map(({ manager, operation, apiVersion, subresource, time, fields }) => ({
      manager,
      operation,
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: fieldsV1(fields) as JsonObject,
      ...(subresource !== undefined && subresource !== '' && { subresource }),
    }))
}

function rest({ apiVersion, subresource = '' }: Manager): string {
  return `${apiVersion}\n${subresource}`
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function secondsOf({ time }: Ownership): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}

/** With the fields of each as `change` has them; who is left with none is no manager any longer. */
export function withFields(managers: Managers, change: (ownership: Ownership, key: string) => FieldSet): Managers {
  const found = new Map<string, Ownership>()
  for (const [key, ownership] of managers) {
    const fields = change(ownership, key)
    if (!isEmptySet(fields)) found.set(key, { ...ownership, fields })
  }
  return found
}

/** Where too many have updated an object, the oldest of one version become one manager. */
export function pooled(managers: Managers): Managers {
  const updaters = [...managers]
    .filter(([, { operation }]) => operation === 'Update')
    .toSorted(([keyA, a], [keyB, b]) => secondsOf(a) - secondsOf(b) || order(keyA, keyB))
  const found = new Map(managers)
  const firstOf = new Map<string, string>()
  let count = updaters.length
  for (const [key, ownership] of updaters) {
    if (count <= maxUpdateManagers) break
    const { apiVersion } = ownership
    const pool = { manager: pooledManager, operation: 'Update', apiVersion } as const
    const poolKey = managerKey(pool)
    const first = firstOf.get(apiVersion)
    if (first === undefined) {
      firstOf.set(apiVersion, key)
      continue
    }
    const before = found.get(poolKey) ?? found.get(first)
    if (!found.has(poolKey)) found.delete(first)
    found.delete(key)
    found.set(poolKey, {
      ...pool,
      fields: union(before?.fields ?? emptySet, ownership.fields),
      ...(ownership.time !== undefined && { time: ownership.time }),
    })
    count--
  }
  return found
}

const unownable = parseFieldsV1({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:clusterName': {},
    'f:creationTimestamp': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:name': {},
    'f:namespace': {},
    'f:resourceVersion': {},
    'f:selfLink': {},
    'f:uid': {},
  },
})

/** Without what the server keeps itself, or what makes the object this one. */
export function ownable(fields: FieldSet): FieldSet {
  return difference(fields, unownable ?? emptySet)
}
