import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { forbidden, invalid, notSupported, required } from '../fieldErrors.ts'
import type { CelRule, Schema } from '../schema/schema.ts'
import { compileRule } from './celRule.ts'
import { schemaFrom } from './structuralSchema.ts'
import { structuralErrors } from './validateStructural.ts'
import { valueErrors } from './validateValue.ts'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref']
const rootFields =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

/** What is wrong with an `openAPIV3Schema`. */
export function schemaErrors(schema: JsonObject, path: string, { hasStatus }: { readonly hasStatus: boolean }): readonly FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus) errors.push(...rootErrors(schema, path))
  if (schema['nullable'] === true) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  const found = [...nodeErrors(schema, path, { forbidsDefaults: undefined })]
  // What may not be said at all cannot be looked at as a structure.
  const isOdd = found.some(({ message }) => message.endsWith(' is not supported'))
  const structural = isOdd ? [] : structuralErrors(schema, path)
  const defaults = isOdd || structural.length > 0 ? [] : [...defaultErrors(schema, path)]
  errors.push(...structural, ...defaults)
  if (errors.length === 0 && found.length === 0) found.push(...ruleErrors(schema, path, undefined))
  return [...errors, ...found]
}

/** The status has a schema of its own, cut out of this one, so that the root may not say more. */
function* rootErrors(schema: JsonObject, path: string): Iterable<FieldError> {
  if (schema['type'] !== 'object') {
    yield invalid(
      `${path}.type`,
      String(schema['type'] ?? ''),
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
    )
    return
  }
  const allowed = rootFields.split(' ').map((name) => name.toLowerCase())
  const goName = (field: string): string => field.replace('x-kubernetes-', 'x').replaceAll('-', '').toLowerCase()
  if (Object.keys(schema).some((field) => !allowed.includes(goName(field))))
    yield invalid(path, schema, `only [${rootFields}] fields are allowed at the root of the schema if the status subresource is enabled`)
}

function* defaultErrors(written: JsonObject, path: string): Iterable<FieldError> {
  const byDefault = written['default']
  if (byDefault !== undefined) {
    const schema = schemaFrom(written)
    const at = `${path}.default`
    if (hasUnknownFields(byDefault, schema)) yield invalid(at, byDefault, 'must not have unknown fields')
    else
      yield* valueErrors(byDefault, undefined, { schema, path: '' }).map((error) => ({
        ...error,
        field: error.field === '<nil>' ? at : `${at}.${error.field}`,
      }))
  }
  for (const { inner, at } of innerSchemas(written, path)) yield* defaultErrors(inner, at)
}

function hasUnknownFields(value: Json, schema: Schema): boolean {
  if (isList(value)) return schema.items !== undefined && value.some((element) => hasUnknownFields(element, schema.items ?? {}))
  if (!isObject(value)) return false
  const { properties = {}, additionalProperties, preserveUnknownFields } = schema
  return Object.entries(value).some(([name, inner]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    return known === undefined ? !preserveUnknownFields : known !== true && hasUnknownFields(inner, known)
  })
}

/** The schemas of what is within: of a list's items, a map's values, and fields. */
function innerSchemas(schema: JsonObject, path: string): readonly { readonly inner: JsonObject; readonly at: string }[] {
  const { additionalProperties, properties, items } = schema
  const found: { readonly inner: JsonObject; readonly at: string }[] = []
  if (isObject(additionalProperties)) found.push({ inner: additionalProperties, at: `${path}.additionalProperties` })
  for (const [name, inner] of Object.entries(isObject(properties) ? properties : {}))
    if (isObject(inner)) found.push({ inner, at: `${path}.properties[${name}]` })
  if (isObject(items)) found.push({ inner: items, at: `${path}.items` })
  return found
}

type Within = { readonly forbidsDefaults: string | undefined }

function* nodeErrors(schema: JsonObject, path: string, within: Within, isRoot = true): Iterable<FieldError> {
  const type = typeof schema['type'] === 'string' ? schema['type'] : ''
  if (type !== '' && !types.includes(type)) yield notSupported(`${path}.type`, type, types)
  if (schema['default'] !== undefined && within.forbidsDefaults !== undefined)
    yield forbidden(`${path}.default`, `must not be set ${within.forbidsDefaults}`)
  for (const field of unsupported) if (schema[field] !== undefined) yield forbidden(`${path}.${field}`, `${field} is not supported`)
  if (isList(schema['items'])) yield forbidden(`${path}.items`, 'items must be a schema object and not an array')
  if (schema['uniqueItems'] === true)
    yield forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic')
  const { additionalProperties, properties } = schema
  const isBoth = additionalProperties !== undefined && additionalProperties !== true && isObject(properties) && Object.keys(properties).length > 0
  if (isBoth) yield forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')
  const heads = isRoot ? ['metadata', 'kind', 'apiVersion'] : []
  for (const { inner, at } of innerSchemas(schema, path)) {
    const head = heads.find((name) => at === `${path}.properties[${name}]`)
    yield* nodeErrors(inner, at, head === undefined ? within : { forbidsDefaults: `in top-level ${head}` }, false)
  }
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) {
    const list = schema[junctor]
    if (isList(list))
      for (const [index, inner] of list.entries()) if (isObject(inner)) yield* nodeErrors(inner, `${path}.${junctor}[${index}]`, within, false)
  }
  if (isObject(schema['not'])) yield* nodeErrors(schema['not'], `${path}.not`, within, false)
  yield* extensionErrors(schema, type, path)
  for (const [index, rule] of rulesOf(schema).entries()) yield* ruleFormErrors(rule, `${path}.x-kubernetes-validations[${index}]`, schema)
}

function* extensionErrors(schema: JsonObject, type: string, path: string): Iterable<FieldError> {
  const { 'x-kubernetes-preserve-unknown-fields': keepsAll, 'x-kubernetes-map-type': mapType, 'x-kubernetes-list-type': listType } = schema
  if (keepsAll === false) yield invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')
  if (mapType !== undefined && type !== 'object') yield wrongType(path, type, 'must be object if x-kubernetes-map-type is specified')
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    yield notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular'])
  if (listType !== undefined && type !== 'array') yield wrongType(path, type, 'must be array if x-kubernetes-list-type is specified')
  else if (listType === 'set') yield* setErrors(schema, path)
  if (listType !== undefined && listType !== 'atomic' && listType !== 'set' && listType !== 'map')
    yield notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map'])
  yield* keyErrors(schema, path)
}

function wrongType(path: string, type: string, because: string): FieldError {
  return type === '' ? required(`${path}.type`, because) : invalid(`${path}.type`, type, because)
}

function* setErrors({ items }: JsonObject, path: string): Iterable<FieldError> {
  const because = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  if (!isObject(items)) return
  const { type, 'x-kubernetes-list-type': listType, 'x-kubernetes-map-type': mapType } = items
  if (type === 'array' && listType !== undefined && listType !== 'atomic') yield invalid(`${path}.items.x-kubernetes-list-type`, listType, because)
  if (type === 'object' && mapType !== 'atomic') yield invalid(`${path}.items.x-kubernetes-map-type`, null, because)
  if (items['nullable'] === true) yield forbidden(`${path}.items.nullable`, 'cannot be nullable when x-kubernetes-list-type is set')
}

function* keyErrors(schema: JsonObject, path: string): Iterable<FieldError> {
  const { items, 'x-kubernetes-list-type': listType, 'x-kubernetes-list-map-keys': written } = schema
  const keys = isList(written) ? written.map(String) : []
  const because = 'must be map if x-kubernetes-list-map-keys is non-empty'
  if (keys.length > 0 && listType === undefined) yield required(`${path}.x-kubernetes-list-type`, because)
  else if (keys.length > 0 && listType !== 'map') yield invalid(`${path}.x-kubernetes-list-type`, listType, because)
  if (listType !== 'map') return
  if (keys.length === 0) yield required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map')
  if (!isObject(items)) {
    yield required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')
    return
  }
  if (items['type'] !== 'object') {
    yield invalid(`${path}.items.type`, String(items['type'] ?? ''), "must be object if parent array's x-kubernetes-list-type is map")
    return
  }
  const properties = isObject(items['properties']) ? items['properties'] : {}
  for (const [index, key] of keys.entries()) {
    const field = properties[key]
    if (!isObject(field)) yield invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties')
    else if (field['type'] === 'array' || field['type'] === 'object')
      yield invalid(`${path}.items.properties[${key}].type`, 'object', "must be a scalar type if parent array's x-kubernetes-list-type is map")
    if (keys.indexOf(key) < index) yield invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries')
  }
  yield* keyFieldErrors(items, keys, path)
}

function* keyFieldErrors(items: JsonObject, keys: readonly string[], path: string): Iterable<FieldError> {
  if (items['nullable'] === true) yield forbidden(`${path}.items.nullable`, 'cannot be nullable when x-kubernetes-list-type is map')
  const properties = isObject(items['properties']) ? items['properties'] : {}
  const requiredFields = isList(items['required']) ? items['required'] : []
  for (const key of keys) {
    const field = properties[key]
    if (!isObject(field)) continue
    const at = `${path}.items.properties[${key}]`
    const because = 'this property is in x-kubernetes-list-map-keys, so it'
    if (!requiredFields.includes(key) && field['default'] === undefined)
      yield required(`${at}.default`, `${because} must have a default or be a required property`)
    if (field['nullable'] === true) yield forbidden(`${at}.nullable`, `${because} cannot be nullable`)
  }
}

function rulesOf(schema: JsonObject): readonly CelRule[] {
  const rules = schema['x-kubernetes-validations']
  return isList(rules) ? (rules as unknown as readonly CelRule[]) : []
}

function* ruleFormErrors(
  { rule = '', message = '', messageExpression = '', reason, fieldPath = '' }: CelRule,
  path: string,
  schema: JsonObject,
): Iterable<FieldError> {
  const hasLines = (text: string): boolean => /[\n\r]/.test(text)
  if (rule.trim() === '') yield required(`${path}.rule`, 'rule is not specified')
  else if (message !== '' && message.trim() === '') yield invalid(`${path}.message`, message, 'must be non-empty if specified')
  else if (hasLines(message.trim())) yield invalid(`${path}.message`, message, 'must not contain line breaks')
  else if (hasLines(rule.trim()) && message.trim() === '') yield required(`${path}.message`, 'message must be specified if rule contains line breaks')
  if (messageExpression !== '' && messageExpression.trim() === '')
    yield required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified')
  if (reason !== undefined && !reasons.includes(reason)) yield notSupported(`${path}.reason`, reason, reasons)
  if (fieldPath !== '' && fieldPath.trim() === '') yield invalid(`${path}.fieldPath`, fieldPath, 'must be non-empty if specified')
  if (hasLines(fieldPath)) yield invalid(`${path}.fieldPath`, fieldPath, 'must not contain line breaks')
  else if (fieldPath !== '' && fieldAt(schema, fieldPath) === undefined) yield invalid(`${path}.fieldPath`, fieldPath, 'must be a valid path')
}

/** The schema at the end of a path such as `.spec['a.b']`; undefined where it leads nowhere. */
export function fieldAt(schema: JsonObject, path: string): JsonObject | undefined {
  if (path === '') return schema
  const [all = '', name, quoted] = /^(?:\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\])/.exec(path) ?? []
  const key = name ?? quoted?.replace(/\\(.)/g, '$1')
  if (key === undefined) return undefined
  const { properties, additionalProperties } = schema
  const inner = isObject(properties) ? (Object.hasOwn(properties, key) ? properties[key] : undefined) : additionalProperties
  return isObject(inner) ? fieldAt(inner, path.slice(all.length)) : undefined
}

/** Rules that cannot be compiled; `uncorrelated`: the list or map within which a value's earlier self is not known. */
function* ruleErrors(schema: JsonObject, path: string, uncorrelated: string | undefined): Iterable<FieldError> {
  const rules = rulesOf(schema)
  const model = rules.length === 0 ? undefined : schemaFrom(schema)
  for (const [index, rule] of rules.entries()) {
    const at = `${path}.x-kubernetes-validations[${index}]`
    const made = compileRule(rule, model ?? {})
    if ('detail' in made) yield invalid(`${at}.${made.of}`, goRule(rule), made.detail)
    else if (made.usesOldSelf && uncorrelated !== undefined)
      yield invalid(`${at}.rule`, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`)
    else if (!made.usesOldSelf && rule.optionalOldSelf !== undefined)
      yield invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')
  }
  for (const { inner, at } of innerSchemas(schema, path)) {
    const isLost = (at === `${path}.items` && schema['x-kubernetes-list-type'] !== 'map') || schema['x-kubernetes-map-type'] === 'atomic'
    yield* ruleErrors(inner, at, uncorrelated ?? (isLost ? path : undefined))
  }
}

/** A rule as the real server prints it. */
function goRule({ rule, message = '', messageExpression = '', reason = '', fieldPath = '', optionalOldSelf }: CelRule): JsonObject {
  return {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason === '' ? null : reason,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}
