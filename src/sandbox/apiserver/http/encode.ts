import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { badRequest } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'
import type { Listed } from '../requests/list.ts'
import { apiVersionOf } from '../requests/objectMeta.ts'
import type { View } from './negotiate.ts'

export type Encoding = {
  readonly kind: Kind
  readonly view: View['as']
  /** `includeObject` of tables: Metadata if empty. */
  readonly includeObject: string
  readonly nowMs: number
}

/** An object as the client takes it. `isFirst`: tables in watches name their columns once. */
export function encodeObject(encoding: Encoding, object: Unstructured, isFirst = true): object {
  const { view } = encoding
  if (view.kind === 'table')
    return table(encoding, view.version, { items: [object], resourceVersion: object.metadata.resourceVersion ?? '' }, isFirst)
  return view.kind === 'partial' ? partial(view.version, object) : object
}

export function encodeList(encoding: Encoding, listed: Listed): object {
  const { view, kind } = encoding
  if (view.kind === 'table') return table(encoding, view.version, listed, true)
  if (view.kind === 'partial') {
    const items = listed.items.map((object) => partial(view.version, object))
    return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${view.version}`, metadata: listMeta(listed), items }
  }
  // Items of built-in kinds do not repeat what the list's own kind says.
  const items = kind.prunes ? listed.items : listed.items.map(({ kind: _, apiVersion: __, ...rest }) => rest)
  return {
    kind: kind.listKind ?? `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: kind.prunes ? { continue: '', ...listMeta(listed) } : listMeta(listed),
    items,
  }
}

function listMeta({ resourceVersion, continue: token, remainingItemCount }: Listed): JsonObject {
  return { resourceVersion, ...(token !== undefined && { continue: token }), ...(remainingItemCount !== undefined && { remainingItemCount }) }
}

function partial(version: string, { metadata }: Unstructured): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }
}

function table({ kind, includeObject, nowMs }: Encoding, version: string, listed: Listed, isFirst: boolean): object {
  if (!['', 'None', 'Object', 'Metadata'].includes(includeObject)) {
    const value = JSON.stringify(includeObject)
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${value}: must be 'Metadata', 'Object', 'None', or empty`,
    )
  }
  const shown = (object: Unstructured): object | null => {
    if (includeObject === 'None') return null
    return includeObject === 'Object' ? object : partial(version, object)
  }
  const columns = kind.columns.map(({ name, type, format = '', description, priority }) => ({ name, type, format, description, priority }))
  const rows = listed.items.map((object) => {
    const conditions = kind.rowConditions?.(object) ?? []
    return { cells: cells(kind, object, nowMs), ...(conditions.length > 0 && { conditions }), object: shown(object) }
  })
  return { kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata: listMeta(listed), columnDefinitions: isFirst ? columns : null, rows }
}

/** Bookmarks have no name, and a cell for it all the same. */
function cells({ columns }: Kind, object: Unstructured, nowMs: number): readonly unknown[] {
  const named = object.metadata.name === undefined ? { ...object, metadata: { ...object.metadata, name: '' } } : object
  return columns.map((column) => column.cell(named, nowMs))
}
