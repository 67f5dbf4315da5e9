import { ApiError } from '../apiError.ts'
import { type FieldSet, pathsOf } from './fieldSet.ts'
import { managerOf } from './managers.ts'
import { pathText } from './pathElement.ts'

/** Fields that others own and the applier would change, by manager. */
export type Conflicts = ReadonlyMap<string, FieldSet>

export function conflictError(conflicts: Conflicts): ApiError {
  const found = [...conflicts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, fields]) => ({ who: managerText(key), fields: pathsOf(fields).map(pathText) }))
  const causes = found.flatMap(({ who, fields }) =>
    fields.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  )
  return new ApiError({ code: 409, reason: 'Conflict', message: messageOf(found, causes.length), details: { causes } })
}

function messageOf(found: readonly { readonly who: string; readonly fields: readonly string[] }[], count: number): string {
  if (count === 1) return `Apply failed with 1 conflict: conflict with ${found[0]?.who}: ${found[0]?.fields[0]}`
  const lines = found.flatMap(({ who, fields }) => [`conflicts with ${who}:`, ...fields.map((field) => `- ${field}`)])
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`
}

function managerText(key: string): string {
  const { manager, operation, apiVersion, subresource } = managerOf(key)
  const name = JSON.stringify(manager) + (subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`)
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
