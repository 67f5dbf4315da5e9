import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject, Unstructured } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { invalid, required } from '../fieldErrors.ts'
import { metadataErrors } from '../kinds/metadata.ts'
import { pathSegment, serviceLabel } from '../kinds/names.ts'
import type { Schema } from '../schema/schema.ts'

/** What objects within an object lack to be objects: a version, a kind, metadata that may be. */
export function embeddedErrors(value: Json, schema: Schema, path = ''): readonly FieldError[] {
  if (isList(value)) {
    const { items } = schema
    return items === undefined ? [] : value.flatMap((element, index) => embeddedErrors(element, items, `${path}[${index}]`))
  }
  if (!isObject(value)) return []
  const own = schema.embeddedResource ? [...resourceErrors(value, path)] : []
  const { properties = {}, additionalProperties } = schema
  const inner = Object.entries(value).flatMap(([name, field]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    // Built-in types have none, and may contain themselves.
    if (known !== undefined) return known.definition === undefined ? embeddedErrors(field, known, path === '' ? name : `${path}.${name}`) : []
    return additionalProperties === undefined || additionalProperties === true ? [] : embeddedErrors(field, additionalProperties, `${path}[${name}]`)
  })
  return [...own, ...inner]
}

function* resourceErrors(object: JsonObject, path: string): Iterable<FieldError> {
  const { apiVersion, kind, metadata } = object
  if (apiVersion === undefined) yield required(`${path}.apiVersion`)
  if (kind === undefined) yield required(`${path}.kind`)
  if (apiVersion === '') yield invalid(`${path}.apiVersion`, apiVersion, 'must not be empty')
  else if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2)
    yield invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
  if (kind === '') yield invalid(`${path}.kind`, kind, 'must not be empty')
  else if (typeof kind === 'string' && serviceLabel(kind.toLowerCase()).length > 0)
    yield invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${serviceLabel(kind.toLowerCase()).join(',')}`)
  if (!isObject(metadata)) return
  const named = { ...object, metadata: { ...metadata, name: metadata['name'] || 'fakename' } } as unknown as Unstructured
  const errors = metadataErrors(named, undefined, {
    rule: pathSegment,
    bareFinalizers: true,
    namespaced: typeof metadata['namespace'] === 'string' && metadata['namespace'] !== '',
  })
  yield* errors.map((error) => ({ ...error, field: `${path}.${error.field}` }))
}
