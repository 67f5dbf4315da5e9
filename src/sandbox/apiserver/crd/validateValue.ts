import { equalJson, isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { invalid, notSupported, required, tooLong, tooMany } from '../fieldErrors.ts'
import type { Schema, ValueRules } from '../schema/schema.ts'
import { hasFormat } from './formats.ts'
import { matchesPattern } from './patterns.ts'

/**
 * What a value breaks of its schema, but for CEL. `old`: the value that it replaces; what has not changed is not held against who changes something else.
 * `path` is '' for an object as a whole.
 */
export function valueErrors(value: Json, old: Json | undefined, { schema, path }: Place): readonly FieldError[] {
  return check(value, old, { schema, path }).errors
}

export type Place = { readonly schema: Schema; readonly path: string }

/** `matched` counts the checks that were made: of several schemas none of which fits, the one that went furthest tells what is wrong. */
type Verdict = { readonly errors: readonly FieldError[]; readonly matched: number }

function check(value: Json, old: Json | undefined, { schema, path }: Place): Verdict {
  if (old !== undefined && equalJson(value, old)) return { errors: [], matched: 1 }
  const { rules = {} } = schema
  const own = (errors: readonly FieldError[]): Verdict => ({ errors, matched: 0 })
  const found: Verdict[] = [own(typeErrors(value, schema, path))]
  if (value !== null) found.push(...junctorVerdicts(value, rules, path))
  if (typeof value === 'string') found.push(own(textErrors(value, schema, path)))
  if (typeof value === 'number') found.push(own(numberErrors(value, rules, path)))
  if (isList(value)) found.push(...elementVerdicts(value, old, { schema, path }), own(listErrors(value, rules, path)))
  found.push(own(enumErrors(value, schema, path)))
  if (isObject(value)) {
    found.push(own(sizeErrors(value, rules, path)), ...fieldVerdicts(value, isObject(old) ? old : undefined, { schema, path }))
    found.push(own((schema.required ?? []).filter((name) => !Object.hasOwn(value, name)).map((name) => required(joined(path, name)))))
  }
  return { errors: found.flatMap(({ errors }) => errors), matched: found.reduce((sum, { matched }) => sum + matched, 1) }
}

/** A place in a message: `<nil>` where it is the whole. */
function field(path: string): string {
  return path === '' ? '<nil>' : path
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (isList(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function typeErrors(value: Json, { type, format, intOrString, nullable }: Schema, path: string): readonly FieldError[] {
  const wanted: readonly string[] = intOrString ? ['integer', 'string'] : type === undefined ? [] : [type]
  const found = typeOf(value)
  if (wanted.length === 0 || wanted.includes(found) || (found === 'integer' && wanted.includes('number')) || (value === null && nullable)) return []
  const isFormat = format !== undefined && hasFormat(format, '') !== undefined
  const isNumeric = wanted.includes('integer') || wanted.includes('number')
  // Of what has a format, texts are left to that, and all else is told from it.
  if (isFormat && !isNumeric && (typeof value === 'string' || isList(value))) return []
  if (isFormat && (typeof value === 'number' || typeof value === 'boolean')) return [typeInvalid(path, formatOf(value), format)]
  return [typeInvalid(path, found, wanted.join(','))]
}

/** The format that Go's decoder gives a value. */
function formatOf(value: number | boolean): string {
  if (typeof value === 'boolean') return ''
  return Number.isInteger(value) ? 'int64' : 'double'
}

function typeInvalid(path: string, value: string, type: string): FieldError {
  const shown = JSON.stringify(value)
  return {
    field: field(path),
    reason: 'FieldValueTypeInvalid',
    message: `Invalid value: ${shown}: ${path} in body must be of type ${type}: ${shown}`,
  }
}

function textErrors(value: string, { format, rules = {} }: Schema, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const { maxLength, minLength, pattern } = rules
  const length = [...value].length
  if (maxLength !== undefined && length > maxLength) errors.push(tooLong(field(path), maxLength))
  else if (minLength !== undefined && length < minLength) errors.push(breach(path, value, `should be at least ${minLength} chars long`))
  else if (pattern !== undefined && !matchesPattern(pattern, value)) errors.push(breach(path, value, `should match '${pattern}'`))
  if (format !== undefined && hasFormat(format, value) === false) errors.push(typeInvalid(path, value, format))
  return errors
}

function breach(path: string, value: unknown, because: string): FieldError {
  return invalid(field(path), value, `${path} in body ${because}`)
}

function numberErrors(value: number, rules: ValueRules, path: string): readonly FieldError[] {
  const { multipleOf, maximum, exclusiveMaximum = false, minimum, exclusiveMinimum = false } = rules
  const errors: FieldError[] = []
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) errors.push(breach(path, value, `should be a multiple of ${multipleOf}`))
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(breach(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`))
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(breach(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`))
  return errors
}

function isMultiple(value: number, of: number): boolean {
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) < 1e-9
}

function listErrors(value: readonly Json[], { minItems, maxItems }: ValueRules, path: string): readonly FieldError[] {
  if (minItems !== undefined && value.length < minItems) return [breach(path, value.length, `should have at least ${minItems} items`)]
  return maxItems !== undefined && value.length > maxItems ? [tooMany(field(path), value.length, maxItems)] : []
}

function sizeErrors(value: JsonObject, { minProperties, maxProperties }: ValueRules, path: string): readonly FieldError[] {
  const count = Object.keys(value).length
  if (minProperties !== undefined && count < minProperties) return [breach(path, count, `should have at least ${minProperties} properties`)]
  return maxProperties !== undefined && count > maxProperties ? [tooMany(field(path), count, maxProperties)] : []
}

function enumErrors(value: Json, { enum: values }: Schema, path: string): readonly FieldError[] {
  if (values === undefined || values.length === 0 || values.some((each) => equalJson(each, value))) return []
  const shown = values.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)))
  return [notSupported(field(path), value, shown)]
}

function elementVerdicts(value: readonly Json[], old: Json | undefined, { schema, path }: Place): readonly Verdict[] {
  const { items } = schema
  if (items === undefined) return []
  const before = isList(old) ? old : []
  return value.map((element, index) => check(element, counterpart(element, before, schema), { schema: items, path: `${path}[${index}]` }))
}

/** The element that this one was, where elements have keys. */
export function counterpart(element: Json, before: readonly Json[], { listType, listMapKeys = [] }: Schema): Json | undefined {
  if (listType !== 'map' || !isObject(element)) return undefined
  return before.find((each) => isObject(each) && listMapKeys.every((key) => equalJson(each[key], element[key])))
}

function fieldVerdicts(value: JsonObject, old: JsonObject | undefined, { schema, path }: Place): readonly Verdict[] {
  const { properties = {}, additionalProperties } = schema
  return Object.keys(value)
    .sort()
    .flatMap((name) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
      const was = old !== undefined && Object.hasOwn(old, name) ? old[name] : undefined
      return known === undefined || known === true ? [] : [check(value[name] ?? null, was, { schema: known, path: joined(path, name) })]
    })
}

function junctorVerdicts(value: Json, { anyOf = [], oneOf = [], allOf = [], not }: ValueRules, path: string): Verdict[] {
  const tried = (schemas: readonly Schema[]): readonly Verdict[] => schemas.map((schema) => check(value, undefined, { schema, path }))
  const fits = (verdict: Verdict): boolean => verdict.errors.length === 0
  const found: Verdict[] = []
  const any = tried(anyOf)
  if (any.length > 0 && !any.some(fits)) found.push(failed(`${JSON.stringify(path)} must validate at least one schema (anyOf)`), best(any))
  const one = tried(oneOf)
  const valid = one.filter(fits).length
  if (one.length > 0 && valid !== 1) {
    const rest = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
    found.push(failed(`${JSON.stringify(path)} must validate one and only one schema (oneOf). ${rest}`), ...(valid === 0 ? [best(one)] : []))
  }
  const all = tried(allOf)
  found.push(...all)
  if (!all.every(fits)) found.push(failed(`${JSON.stringify(path)} must validate all the schemas (allOf)${all.some(fits) ? '' : '. None validated'}`))
  if (not !== undefined && tried([not]).some(fits)) found.push(failed(`${JSON.stringify(path)} must not validate the schema (not)`))
  return found
}

function failed(message: string): Verdict {
  return { errors: [invalid('<nil>', '', message)], matched: 0 }
}

function best(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce((found, verdict) => (verdict.matched > found.matched ? verdict : found))
}
