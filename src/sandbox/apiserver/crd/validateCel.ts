import { equalJson, isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { duplicate, forbidden, invalid, required } from '../fieldErrors.ts'
import type { CelRule, Schema } from '../schema/schema.ts'
import { CelCostExceeded } from './celBudget.ts'
import { type CompiledRule, compileRule } from './celRule.ts'
import { counterpart } from './validateValue.ts'

/** What breaks of a schema's CEL rules; `warnings` are those that were broken before, where nothing has changed since. */
export type CelFindings = { readonly errors: readonly FieldError[]; readonly warnings: readonly FieldError[] }

type Place = { readonly schema: Schema; readonly path: string }

export function celFindings(value: Json, old: Json | undefined, { schema, path }: Place): CelFindings {
  if (value === null || !hasRules(schema)) return none
  const own = rulesOf(schema).map((rule) => finding(rule, value, old, { schema, path }))
  const found = own.filter((each) => each !== undefined)
  const isRatcheted = (rule: CompiledRule): boolean => !rule.usesOldSelf && old !== undefined && equalJson(value, old)
  const inner = innerFindings(value, old, { schema, path })
  return {
    errors: [...found.filter(({ rule }) => !isRatcheted(rule)).map(({ error }) => error), ...inner.flatMap(({ errors }) => errors)],
    warnings: [...found.filter(({ rule }) => isRatcheted(rule)).map(({ error }) => error), ...inner.flatMap(({ warnings }) => warnings)],
  }
}

const none: CelFindings = { errors: [], warnings: [] }
const compiled = new WeakMap<Schema, readonly CompiledRule[]>()
const ruled = new WeakMap<Schema, boolean>()

/** Definitions with rules that do not compile are refused. */
function rulesOf(schema: Schema): readonly CompiledRule[] {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const made = (schema.rules?.validations ?? []).map((rule) => compileRule(rule, schema)).filter((rule) => 'holds' in rule)
  compiled.set(schema, made)
  return made
}

/** Whether there are rules in the schema at all, so that objects without any are not walked. */
export function hasRules(schema: Schema): boolean {
  const known = ruled.get(schema)
  if (known !== undefined) return known
  const { properties = {}, additionalProperties, items, rules, definition } = schema
  // Built-in types have none, and may contain themselves.
  if (definition !== undefined) return false
  const inner = [...Object.values(properties), items, additionalProperties === true ? undefined : additionalProperties]
  const found = (rules?.validations?.length ?? 0) > 0 || inner.some((each) => each !== undefined && hasRules(each))
  ruled.set(schema, found)
  return found
}

type Finding = { readonly rule: CompiledRule; readonly error: FieldError }

function finding(rule: CompiledRule, value: Json, old: Json | undefined, { schema, path }: Place): Finding | undefined {
  if (rule.usesOldSelf && old === undefined && !rule.rule.optionalOldSelf) return undefined
  const shown = schema.type ?? ''
  try {
    if (rule.holds(value, old)) return undefined
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    if (cause instanceof CelCostExceeded)
      return {
        rule,
        error: invalid(
          path === '' ? '<nil>' : path,
          shown,
          `'${cause.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${textOf(rule.rule)}`,
        ),
      }
    const because = cause.message.split('\n')[0]?.replace(/^No such key/, 'no such key')
    return { rule, error: invalid(path === '' ? '<nil>' : path, shown, `${because} evaluating rule: ${textOf(rule.rule)}`) }
  }
  const message = rule.message(value, old) ?? (rule.rule.message === undefined ? `failed rule: ${textOf(rule.rule)}` : textOf(rule.rule))
  return { rule, error: broken(rule.rule, `${path}${fieldPathOf(rule.rule)}`, shown, message) }
}

function broken({ reason }: CelRule, path: string, shown: string, message: string): FieldError {
  const field = path === '' ? '<nil>' : path.replace(/^\./, '')
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(field, message)
    case 'FieldValueRequired':
      return required(field, message)
    case 'FieldValueDuplicate':
      return duplicate(field, shown)
    default:
      return invalid(field, shown, message)
  }
}

function textOf({ message = '', rule }: CelRule): string {
  return (message === '' ? rule : message).trim()
}

/** `.a['b.c']` is written `.a.b.c` in messages. */
function fieldPathOf({ fieldPath = '' }: CelRule): string {
  return fieldPath.trim().replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_, name: string) => `[${name}]`)
}

function innerFindings(value: Json, old: Json | undefined, { schema, path }: Place): readonly CelFindings[] {
  const { items, properties = {}, additionalProperties, mapType } = schema
  if (isList(value)) {
    if (items === undefined) return []
    const before = isList(old) ? old : []
    return value.map((element, index) => celFindings(element, counterpart(element, before, schema), { schema: items, path: `${path}[${index}]` }))
  }
  if (!isObject(value)) return []
  const before = isObject(old) && mapType !== 'atomic' ? old : {}
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    const was = Object.hasOwn(before, name) ? before[name] : undefined
    if (known !== undefined) return [celFindings(inner, was, { schema: known, path: path === '' ? name : `${path}.${name}` })]
    if (additionalProperties === undefined || additionalProperties === true) return []
    return [celFindings(inner, was, { schema: additionalProperties, path: `${path}[${name}]` })]
  })
}
