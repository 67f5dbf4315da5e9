import { equalJson } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { duplicate, forbidden, immutable, invalid, notSupported, required, tooMany } from '../fieldErrors.ts'
import { metadataErrors } from '../kinds/metadata.ts'
import { dnsSubdomain, serviceLabel } from '../kinds/names.ts'
import { type Definition, isTrue, type Names, type PrinterColumn, type Version } from './definition.ts'
import { fieldAt, schemaErrors } from './validateSchema.ts'

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']
const maxSelectableFields = 8

/** How metadata are looked at where kinds are not built in. */
export const definedNaming = { looks: { asChanged: 2, asNew: 0 }, bareFinalizers: true } as const

/** What is wrong with a CustomResourceDefinition, or with what it becomes. */
export function definitionErrors(definition: Definition, old: Definition | undefined): readonly FieldError[] {
  return [...allErrors(definition, old)]
}

function* allErrors(definition: Definition, old: Definition | undefined): Iterable<FieldError> {
  const { spec, status = {} } = definition
  const name = `${spec.names.plural}.${spec.group}`
  const rule = (text: string): readonly string[] => [...dnsSubdomain(text), ...(text === name ? [] : ['must be spec.names.plural+"."+spec.group'])]
  yield* metadataErrors(definition, old, { rule, namespaced: false, ...definedNaming })
  yield* specErrors(spec as Spec)
  if (old !== undefined) {
    if (isTrue(old.status, 'Established')) {
      yield* immutable('spec.scope', spec.scope, old.spec.scope)
      yield* immutable('spec.names.kind', spec.names.kind, old.spec.names.kind)
    }
    yield* immutable('spec.group', spec.group, old.spec.group)
    yield* immutable('spec.names.plural', spec.names.plural, old.spec.names.plural)
  }
  if (status.acceptedNames !== undefined) yield* nameErrors(status.acceptedNames, 'status.acceptedNames')
  yield* storedErrors(status.storedVersions ?? [], spec.versions ?? [])
}

type Spec = Definition['spec'] & { readonly conversion?: { readonly strategy?: string; readonly webhook?: JsonObject } }

function* specErrors(spec: Spec): Iterable<FieldError> {
  const { group, scope, names } = spec
  const versions = spec.versions ?? []
  if (group === '') yield required('spec.group')
  else if (dnsSubdomain(group).length > 0) yield invalid('spec.group', group, dnsSubdomain(group).join(','))
  else if (!group.includes('.')) yield invalid('spec.group', group, 'should be a domain with at least one dot')
  if ((scope as string) === '') yield required('spec.scope')
  else if (scope !== 'Cluster' && scope !== 'Namespaced') yield notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])
  for (const [index, { schema }] of versions.entries())
    if (schema?.openAPIV3Schema === undefined) yield required(`spec.versions[${index}].schema.openAPIV3Schema`)
  // What all versions have alike the real server keeps, and names, in one place.
  const common = commonParts(versions)
  for (const [index, version] of versions.entries()) yield* versionErrors(version, `spec.versions[${index}]`, common)
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    yield invalid('spec.versions', goVersions(versions), 'must contain unique version names')
  if (versions.filter(({ storage }) => storage).length !== 1)
    yield invalid('spec.versions', goVersions(versions), 'must have exactly one version marked as storage version')
  const first = versions[0]
  if (first !== undefined && serviceLabel(first.name).length > 0) yield invalid('spec.version', first.name, serviceLabel(first.name).join(','))
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) if ((names[field] ?? '') === '') yield required(`spec.names.${field}`)
  yield* nameErrors(names, 'spec.names')
  if (first !== undefined) yield* partErrors(first, 'spec', { only: common, hasStatus: versions.some(hasStatus) })
  yield* conversionErrors(spec)
}

type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'
const parts: readonly Part[] = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields']

function commonParts(versions: readonly Version[]): readonly Part[] {
  return parts.filter((part) =>
    versions.every((version) => version[part] !== undefined && equalJson(version[part] as Json, versions[0]?.[part] as Json)),
  )
}

function hasStatus({ subresources }: Version): boolean {
  return subresources?.status !== undefined
}

function* versionErrors(version: Version, path: string, common: readonly Part[]): Iterable<FieldError> {
  const { name, deprecated = false, deprecationWarning } = version
  if (serviceLabel(name).length > 0) yield invalid(`${path}.name`, name, serviceLabel(name).join(','))
  if (deprecationWarning !== undefined && !deprecated)
    yield invalid(`${path}.deprecationWarning`, deprecationWarning, 'can only be set for deprecated versions')
  if (deprecationWarning !== undefined && deprecationWarning.length > 256)
    yield invalid(`${path}.deprecationWarning`, deprecationWarning, 'must be <= 256 characters long')
  if (deprecationWarning === '') yield invalid(`${path}.deprecationWarning`, '', 'must not be an empty string')
  yield* partErrors(version, path, { only: parts.filter((part) => !common.includes(part)), hasStatus: hasStatus(version) })
}

type Asked = { readonly only: readonly Part[]; readonly hasStatus: boolean }

function* partErrors(version: Version, path: string, { only, hasStatus }: Asked): Iterable<FieldError> {
  const { schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version
  const written = schema?.openAPIV3Schema
  if (only.includes('schema') && written !== undefined)
    yield* schemaErrors(written, `${path}.${path === 'spec' ? 'validation' : 'schema'}.openAPIV3Schema`, { hasStatus })
  if (only.includes('subresources')) yield* scaleErrors(subresources?.scale, `${path}.subresources.scale`)
  if (only.includes('additionalPrinterColumns'))
    for (const [index, column] of additionalPrinterColumns.entries()) yield* columnErrors(column, `${path}.additionalPrinterColumns[${index}]`)
  if (only.includes('selectableFields') && written !== undefined) yield* selectableErrors(selectableFields, written, `${path}.selectableFields`)
}

function* nameErrors(names: Names, path: string): Iterable<FieldError> {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names
  const wrong = (text: string): string => serviceLabel(text).join(',')
  if (plural !== '' && wrong(plural) !== '') yield invalid(`${path}.plural`, plural, wrong(plural))
  if (singular !== '' && wrong(singular) !== '') yield invalid(`${path}.singular`, singular, wrong(singular))
  for (const [field, text] of [
    ['kind', kind],
    ['listKind', listKind],
  ] as const) {
    const mistake = text === '' ? '' : wrong(text.toLowerCase())
    if (mistake !== '') yield invalid(`${path}.${field}`, text, `may have mixed case, but should otherwise match: ${mistake}`)
  }
  for (const [index, text] of shortNames.entries()) if (wrong(text) !== '') yield invalid(`${path}.shortNames[${index}]`, text, wrong(text))
  if (kind !== '' && kind === listKind) yield invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same')
  for (const [index, text] of categories.entries()) if (wrong(text) !== '') yield invalid(`${path}.categories[${index}]`, text, wrong(text))
}

function* storedErrors(stored: readonly string[], versions: readonly Version[]): Iterable<FieldError> {
  if (stored.length === 0) {
    yield invalid('status.storedVersions', null, 'must have at least one stored version')
    return
  }
  for (const { name, storage } of versions)
    if (storage && !stored.includes(name)) yield invalid('status.storedVersions', stored, `must have the storage version ${name}`)
  for (const [index, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue
    const because = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    yield invalid(`status.storedVersions[${index}]`, name, because)
  }
}

function* columnErrors({ name = '', type = '', format = '', jsonPath = '' }: PrinterColumn, path: string): Iterable<FieldError> {
  const oneOf = (list: readonly string[]): string => `must be one of ${list.join(',')}`
  if (name === '') yield required(`${path}.name`)
  if (type === '') yield required(`${path}.type`, oneOf(columnTypes))
  else if (!columnTypes.includes(type)) yield invalid(`${path}.type`, type, oneOf(columnTypes))
  if (format !== '' && !columnFormats.includes(format)) yield invalid(`${path}.format`, format, oneOf(columnFormats))
  if (jsonPath === '') yield required(`${path}.JSONPath`)
  else yield* simplePathErrors(jsonPath, `${path}.JSONPath`)
}

function simplePathErrors(jsonPath: string, path: string): readonly FieldError[] {
  return jsonPath.startsWith('.') ? [] : [invalid(path, jsonPath, 'must be a simple json path starting with .')]
}

type Scale = NonNullable<NonNullable<Version['subresources']>['scale']>

function* scaleErrors(scale: Scale | undefined, path: string): Iterable<FieldError> {
  if (scale === undefined) return
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale
  const under = (text: string, field: string, roots: readonly string[]): readonly FieldError[] => {
    const simple = simplePathErrors(text, `${path}.${field}`)
    if (simple.length > 0 || roots.some((root) => text.startsWith(`${root}.`))) return simple
    return [invalid(`${path}.${field}`, text, `should be a json path under ${roots.length > 1 ? 'either ' : ''}${roots.join(' or ')}`)]
  }
  yield* specReplicasPath === '' ? [required(`${path}.specReplicasPath`)] : under(specReplicasPath, 'specReplicasPath', ['.spec'])
  yield* statusReplicasPath === '' ? [required(`${path}.statusReplicasPath`)] : under(statusReplicasPath, 'statusReplicasPath', ['.status'])
  if (labelSelectorPath !== '') yield* under(labelSelectorPath, 'labelSelectorPath', ['.spec', '.status'])
}

function* selectableErrors(fields: readonly { readonly jsonPath: string }[], schema: JsonObject, path: string): Iterable<FieldError> {
  const seen = new Set<string>()
  for (const [index, { jsonPath = '' }] of fields.entries()) {
    const at = `${path}[${index}].jsonPath`
    const field = fieldAt(schema, jsonPath)
    if (jsonPath === '') yield required(at)
    else if (jsonPath.includes('[')) yield invalid(at, jsonPath, 'is an invalid path: array notation is not allowed')
    else if (field === undefined) yield invalid(at, jsonPath, 'is an invalid path: does not refer to a valid field')
    else {
      if (jsonPath.startsWith('.metadata')) yield invalid(at, jsonPath, 'must not point to fields in metadata')
      if (!['string', 'boolean', 'integer'].includes(String(field['type'])))
        yield invalid(
          at,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        )
      if (seen.has(jsonPath)) yield duplicate(at, jsonPath)
      seen.add(jsonPath)
    }
  }
  if (seen.size > maxSelectableFields) yield tooMany(path, seen.size, maxSelectableFields)
}

function* conversionErrors({ conversion }: Spec): Iterable<FieldError> {
  const { strategy = '', webhook } = conversion ?? {}
  if (strategy === '') yield required('spec.conversion.strategy')
  else if (strategy !== 'None' && strategy !== 'Webhook') yield notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])
  if (strategy !== 'Webhook') return
  if (webhook?.['clientConfig'] === undefined) yield required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook')
  if (webhook?.['conversionReviewVersions'] === undefined) yield required('spec.conversion.conversionReviewVersions')
  else yield forbidden('spec.conversion.strategy', 'the sandbox does not call conversion webhooks')
}

/** Versions as the real server prints them, where what they have in common is kept elsewhere. */
function goVersions(versions: readonly Version[]): readonly JsonObject[] {
  return versions.map(({ name, served, storage, deprecated = false, deprecationWarning }) => ({
    Name: name,
    Served: served,
    Storage: storage,
    Deprecated: deprecated,
    DeprecationWarning: deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))
}
