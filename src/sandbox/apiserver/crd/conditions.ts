import { equalJson } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { Condition, Definition, Names, Status } from './definition.ts'

/** Names that a group's definitions have taken. */
export type Taken = { readonly resources: ReadonlySet<string>; readonly kinds: ReadonlySet<string> }

export function takenNames(definitions: readonly Definition[], group: string): Taken {
  const accepted = definitions.filter(({ spec }) => spec.group === group).flatMap(({ status }) => status?.acceptedNames ?? [])
  return {
    resources: new Set(
      accepted.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular ?? '', ...shortNames]).filter((name) => name !== ''),
    ),
    kinds: new Set(accepted.flatMap(({ kind, listKind }) => [kind, listKind ?? '']).filter((name) => name !== '')),
  }
}

/** The status of a definition once its names have been looked at: names that others have taken are not accepted. Undefined where nothing is new. */
export function withNames({ spec, status = {} }: Definition, taken: Taken, now: string): Status | undefined {
  const { acceptedNames: before = { plural: '', kind: '' } } = status
  const { accepted, conflict } = acceptNames(spec.names, before, taken)
  const namesAccepted: Condition =
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict }
  const old = status.conditions?.find(({ type }) => type === 'NamesAccepted')
  if (equalJson(accepted as Json, before as Json) && old?.status === namesAccepted.status && old.reason === namesAccepted.reason) return undefined
  return withCondition(withCondition({ ...status, acceptedNames: accepted }, namesAccepted, now), installing(status, conflict === undefined), now)
}

function installing(status: Status, isAccepted: boolean): Condition {
  const old = status.conditions?.find(({ type }) => type === 'Established')
  if (old?.status !== 'True' && isAccepted)
    return { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }
  return old ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}

type Conflict = { readonly reason: string; readonly message: string }

function acceptNames(
  asked: Names,
  before: Names,
  { resources, kinds }: Taken,
): { readonly accepted: Names; readonly conflict: Conflict | undefined } {
  let conflict: Conflict | undefined
  const take = <K extends 'plural' | 'singular' | 'kind' | 'listKind'>(field: K, from: ReadonlySet<string>): Names[K] => {
    const name = asked[field]
    if (name === before[field] || name === undefined || !from.has(name)) return name as Names[K]
    conflict = { reason: `${field[0]?.toUpperCase()}${field.slice(1)}Conflict`, message: `${JSON.stringify(name)} is already in use` }
    return before[field]
  }
  const plural = take('plural', resources)
  const singular = take('singular', resources)
  const clashes = (asked.shortNames ?? []).filter((name) => !before.shortNames?.includes(name) && resources.has(name))
  if (clashes.length > 0) {
    const said = clashes.map((name) => `${JSON.stringify(name)} is already in use`)
    conflict = { reason: 'ShortNamesConflict', message: said.length === 1 ? (said[0] ?? '') : `[${said.join(', ')}]` }
  }
  const shortNames = clashes.length > 0 ? before.shortNames : asked.shortNames
  const kind = take('kind', kinds)
  const listKind = take('listKind', kinds)
  const accepted: Names = {
    plural,
    ...(singular !== undefined && { singular }),
    ...(shortNames !== undefined && { shortNames }),
    kind,
    ...(listKind !== undefined && { listKind }),
    ...(asked.categories !== undefined && { categories: asked.categories }),
  }
  return { accepted, conflict }
}

export const established: Condition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
}

export const deletionPending: Condition = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
}

export const deletionInProgress: Condition = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
}

export const deletionCompleted: Condition = {
  type: 'Terminating',
  status: 'False',
  reason: 'InstanceDeletionCompleted',
  message: 'removed all instances',
}

/** Replaces the condition of that type; its time stays while its status does. */
export function withCondition(status: Status, condition: Condition, now: string): Status {
  const conditions = status.conditions ?? []
  const old = conditions.find(({ type }) => type === condition.type)
  const lastTransitionTime = old?.status === condition.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now
  const { type, status: value, reason, message } = condition
  const made: Condition = {
    type,
    status: value,
    lastTransitionTime,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  }
  return { ...status, conditions: old === undefined ? [...conditions, made] : conditions.map((each) => (each === old ? made : each)) }
}
