import { isObject } from '../../json.ts'
import type { Json, JsonObject, Unstructured } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { compareVersions } from '../discovery/served.ts'
import { invalid } from '../fieldErrors.ts'
import { allVerbs } from '../kinds/define.ts'
import type { Kind, Strategy } from '../kinds/kind.ts'
import { metadataErrors } from '../kinds/metadata.ts'
import { dnsSubdomain } from '../kinds/names.ts'
import { decodeCustom } from '../schema/decodeCustom.ts'
import { applyDefaults } from '../schema/defaults.ts'
import type { Schema } from '../schema/schema.ts'
import { customColumns } from './columns.ts'
import type { Definition, Version } from './definition.ts'
import { embeddedErrors } from './embedded.ts'
import { parseJsonPath } from './jsonPath.ts'
import { repeatedElements } from './listKeys.ts'
import { customSchema } from './structuralSchema.ts'
import { celFindings, hasRules } from './validateCel.ts'
import { definedNaming } from './validateDefinition.ts'
import { valueErrors } from './validateValue.ts'

/** The kinds that a definition has served, the one that is kept first. */
export function customKinds(definition: Definition): readonly Kind[] {
  const { versions } = definition.spec
  return versions
    .filter(({ served }) => served)
    .toSorted((a, b) => Number(b.storage) - Number(a.storage))
    .map((version) => customKind(definition, version))
}

function customKind({ spec }: Definition, version: Version): Kind {
  const { group, names } = spec
  const { plural, kind, singular = kind.toLowerCase(), listKind = `${kind}List`, shortNames = [], categories = [] } = names
  const stored = spec.versions.find(({ storage }) => storage) ?? version
  let schema: Schema | undefined
  const lazySchema = (): Schema => (schema ??= customSchema(version.schema?.openAPIV3Schema))
  const { status, scale } = version.subresources ?? {}
  return {
    group,
    version: version.name,
    kind,
    plural,
    singular,
    listKind,
    shortNames,
    categories,
    namespaced: spec.scope === 'Namespaced',
    verbs: allVerbs,
    get schema(): Schema {
      return lazySchema()
    },
    subresources: {
      ...(status !== undefined && { status: true as const }),
      ...(scale !== undefined && {
        scale: {
          specReplicas: scale.specReplicasPath,
          statusReplicas: scale.statusReplicasPath,
          ...(scale.labelSelectorPath !== undefined && { labelSelector: scale.labelSelectorPath }),
        },
      }),
    },
    strategy: strategyOf(spec, version, lazySchema),
    columns: customColumns(version.additionalPrinterColumns),
    storedAs: `${plural}.${group}`,
    conversion: conversionOf(group, { version, stored }, lazySchema),
    ...(version.deprecated && { deprecated: version.deprecationWarning ?? deprecation(spec, version) }),
    selectableFields: selectableFields(version),
    prunes: true,
  }
}

function deprecation({ group, names: { kind }, versions }: Definition['spec'], { name }: Version): string {
  const better = versions.filter((each) => each.served && !each.deprecated && compareVersions(each.name, name) < 0).map((each) => each.name)
  const [best] = better.sort(compareVersions)
  const instead = best === undefined ? '' : `; use ${group}/${best} ${kind}`
  return `${group}/${name} ${kind} is deprecated${instead}`
}

/** Versions differ in their name alone. What is read has the defaults that the definition has by now. */
function conversionOf(group: string, { version, stored }: { readonly version: Version; readonly stored: Version }, schema: () => Schema) {
  const read = new WeakMap<Unstructured, Unstructured>()
  return {
    toStored(object: Unstructured): Unstructured {
      if (stored === version) return object
      const kept = decodeCustom(asJson(object), customSchema(stored.schema?.openAPIV3Schema)).object
      return named(kept as unknown as Unstructured, `${group}/${stored.name}`)
    },
    fromStored(object: Unstructured): Unstructured {
      const known = read.get(object)
      if (known !== undefined) return known
      const made = named(applyDefaults(object as unknown as JsonObject, schema()) as unknown as Unstructured, `${group}/${version.name}`)
      const kept = made === object ? object : Object.freeze(made)
      read.set(object, kept)
      return kept
    },
  }
}

function named(object: Unstructured, apiVersion: string): Unstructured {
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion }
}

function strategyOf({ scope }: Definition['spec'], version: Version, schema: () => Schema): Strategy {
  const hasStatus = version.subresources?.status !== undefined
  const naming = { rule: dnsSubdomain, namespaced: scope === 'Namespaced', ...definedNaming }
  return {
    defaults: (object) => applyDefaults(object as unknown as JsonObject, schema()) as unknown as Unstructured,
    prepareForCreate: (object) => (hasStatus ? withStatus(object, undefined) : object),
    prepareForUpdate: (object, old) => (hasStatus ? withStatus(object, old['status']) : object),
    prepareForStatusUpdate(object, old) {
      const { managedFields } = object.metadata
      return withStatus({ ...old, metadata: { ...old.metadata, ...(managedFields !== undefined && { managedFields }) } }, object['status'])
    },
    validate: (object, old) => [...metadataErrors(object, old, naming), ...customErrors(object, old, { schema: schema(), version })],
    requiresVersion: true,
  }
}

function asJson(object: Unstructured): JsonObject {
  return object as unknown as JsonObject
}

function withStatus(object: Unstructured, status: unknown): Unstructured {
  const { status: _, ...rest } = object
  return (status === undefined ? rest : { ...rest, status }) as Unstructured
}

/** Mistakes that make the rules of CEL pointless: they could only fail in ways that tell nothing. */
const blocking: readonly FieldError['reason'][] = [
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]

type Rules = { readonly schema: Schema; readonly version: Pick<Version, 'subresources'> }

/** What a custom object breaks of its definition, beside its metadata. */
export function customErrors(object: Unstructured, old: Unstructured | undefined, { schema, version }: Rules): readonly FieldError[] {
  const [value, before] = [asJson(object), old === undefined ? undefined : asJson(old)]
  const wasRepeated = before !== undefined && repeatedElements(before, schema).length > 0
  const errors = [
    ...valueErrors(value, before, { schema, path: '' }),
    ...scaleErrors(value, version),
    ...embeddedErrors(value, schema),
    ...(wasRepeated ? [] : repeatedElements(value, schema)),
  ]
  if (!hasRules(schema)) return errors
  if (!errors.some(({ reason }) => blocking.includes(reason))) return [...errors, ...celFindings(value, before, { schema, path: '' }).errors]
  const because = 'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
  return [...errors, invalid('<nil>', null, because)]
}

/** Of the values on the way to a number, the first that is of another type. */
function strangerOn(object: JsonObject, path: string): string | undefined {
  const parts = path.split('.').filter((part) => part !== '')
  let at: Json | undefined = object
  for (const part of parts) {
    if (at === undefined) return undefined
    if (!isObject(at)) return `${at} is of the type ${goType(at)}, expected map[string]interface{}`
    at = at[part]
  }
  return at === undefined || Number.isInteger(at) ? undefined : `${at} is of the type ${goType(at)}, expected int64`
}

function goType(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    default:
      return 'map[string]interface {}'
  }
}

const maxReplicas = 2 ** 31 - 1

function scaleErrors(object: JsonObject, { subresources }: Rules['version']): readonly FieldError[] {
  const { specReplicasPath, statusReplicasPath } = subresources?.scale ?? {}
  return [specReplicasPath, statusReplicasPath].flatMap((path) => {
    const count = path === undefined ? undefined : parseJsonPath(path)?.(object)[0]
    if (path === undefined) return []
    const stranger = strangerOn(object, path)
    if (stranger !== undefined) return [invalid(path, 0, `${path} accessor error: ${stranger}`)]
    if (typeof count !== 'number') return []
    if (count < 0) return [invalid(path, count, 'should be a non-negative integer')]
    return count > maxReplicas ? [invalid(path, count, `should be less than or equal to ${maxReplicas}`)] : []
  })
}

function selectableFields({ selectableFields: fields = [] }: Version): Kind['selectableFields'] {
  return Object.fromEntries(
    fields.map(({ jsonPath }) => {
      const read = parseJsonPath(jsonPath)
      return [jsonPath.replace(/^\./, ''), (object: Unstructured) => shown(read?.(asJson(object))[0])]
    }),
  )
}

function shown(value: Json | undefined): string {
  return value === undefined || value === null || isObject(value) ? '' : String(value)
}
