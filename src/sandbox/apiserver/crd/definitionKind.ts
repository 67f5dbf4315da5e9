import { isObject } from '../../json.ts'
import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { createdAt, name } from '../kinds/cells.ts'
import { allVerbs } from '../kinds/define.ts'
import type { Kind } from '../kinds/kind.ts'
import { schemaOf } from '../schema/builtin.ts'
import type { Schema } from '../schema/schema.ts'
import { deletionPending, withCondition } from './conditions.ts'
import { cleanupFinalizer, type Definition, definitionsResource, type Names, type Version } from './definition.ts'
import { hasFormat } from './formats.ts'
import { definitionErrors } from './validateDefinition.ts'

const group = 'apiextensions.k8s.io'
const noNames: Names = { plural: '', kind: '' }

/** CustomResourceDefinition itself. */
export const customResourceDefinition: Kind = {
  group,
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  verbs: allVerbs,
  get schema(): Schema {
    return schemaOf(group, 'v1', 'CustomResourceDefinition')
  },
  empty: {
    metadata: { creationTimestamp: null },
    spec: { group: '', names: { plural: '', kind: '' }, scope: '', versions: null },
    status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: null },
  },
  subresources: { status: true },
  strategy: {
    keepsGeneration: true,
    defaults: withDefaults,
    prepareForCreate: (object) =>
      withStored({ ...object, status: { conditions: null, acceptedNames: noNames, storedVersions: null } } as Unstructured),
    prepareForUpdate: (object, old) => withStored({ ...object, status: old['status'] } as Unstructured),
    prepareForStatusUpdate: (object, old) =>
      ({ ...object, spec: old['spec'], metadata: { ...old.metadata, ...keptMetadata(object) } }) as Unstructured,
    validate: (object, old) => definitionErrors(object as Definition, old as Definition | undefined),
    warnings(object, old) {
      const known = old === undefined ? [] : unknownFormats(old as Definition)
      return unknownFormats(object as Definition).filter((warning) => !known.includes(warning))
    },
    onDelete(object, now) {
      const { finalizers = [] } = object.metadata
      const kept = finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer]
      const status = withCondition((object as Definition).status ?? {}, deletionPending, now)
      return { ...object, metadata: { ...object.metadata, deletionTimestamp: now, finalizers: kept }, status }
    },
  },
  columns: [name, createdAt],
  storedAs: definitionsResource,
  selectableFields: {},
  prunes: false,
}

/** Formats that nobody checks, of texts. */
function unknownFormats({ spec }: Definition): readonly string[] {
  const found = new Set<string>()
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) look(each)
    if (!isObject(value)) return
    const { type, format } = value
    const isUnknown = type === 'string' && typeof format === 'string' && format !== '' && hasFormat(format, '') === undefined
    if (isUnknown) found.add(`unrecognized format ${JSON.stringify(format)}`)
    for (const each of Object.values(value)) look(each)
  }
  for (const { schema } of spec.versions ?? []) look(schema?.openAPIV3Schema)
  return [...found]
}

/** Finalizers are how the server says that the instances are gone. */
function keptMetadata({ metadata }: Unstructured): Partial<Unstructured['metadata']> {
  const { managedFields, finalizers = [] } = metadata
  return { finalizers, ...(managedFields !== undefined && { managedFields }) }
}

/** In the order in which the server writes it. */
function withDefaults(object: Unstructured): Unstructured {
  const { spec = {}, status = {}, ...rest } = object as unknown as { readonly spec?: JsonObject; readonly status?: JsonObject }
  const { names = {}, versions = null, conversion = { strategy: 'None' }, group = '', scope = '', ...others } = spec
  const said = (names ?? {}) as Partial<Names>
  const { plural = '', kind = '', shortNames, categories } = said
  const singular = said.singular || kind.toLowerCase()
  const listKind = said.listKind || (kind === '' ? '' : `${kind}List`)
  const complete = {
    plural,
    ...(singular !== '' && { singular }),
    ...(isFilled(shortNames) && { shortNames }),
    kind,
    ...(listKind !== '' && { listKind }),
    ...(isFilled(categories) && { categories }),
  }
  const list = versions === null ? null : (versions as unknown as readonly Version[]).map(versionInOrder)
  const known = {
    conditions: status['conditions'] ?? null,
    acceptedNames: status['acceptedNames'] ?? noNames,
    storedVersions: status['storedVersions'] ?? null,
  }
  const made = {
    ...rest,
    spec: { group, names: complete, scope, versions: list, conversion: conversion ?? { strategy: 'None' }, ...others },
    status: known,
  }
  return made as unknown as Unstructured
}

function isFilled(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list !== null && list.length > 0
}

function versionInOrder({ name = '', served = false, storage = false, deprecated, deprecationWarning, schema, ...rest }: Version): Version {
  const { subresources, additionalPrinterColumns, selectableFields } = rest
  return {
    name,
    served,
    storage,
    ...(deprecated && { deprecated }),
    ...(deprecationWarning !== undefined && { deprecationWarning }),
    ...(schema !== undefined && { schema }),
    ...(subresources !== undefined && { subresources }),
    ...(additionalPrinterColumns !== undefined && additionalPrinterColumns.length > 0 && { additionalPrinterColumns }),
    ...(selectableFields !== undefined && selectableFields.length > 0 && { selectableFields }),
  }
}

/** The storage version is one of those in which objects may be kept. */
function withStored(object: Unstructured): Unstructured {
  const { spec, status = {} } = object as Definition
  const stored = spec.versions?.find(({ storage }) => storage)?.name
  const { storedVersions } = status
  if (stored === undefined || storedVersions?.includes(stored)) return object
  return { ...object, status: { ...status, storedVersions: [...(storedVersions ?? []), stored] } }
}
