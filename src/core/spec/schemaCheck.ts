/** What an API server would say of a value by its schema, with what was probably meant. */
import type { Schema } from '../../api/schema/schema.ts'
import { nearest } from '../routing/nearest.ts'
import { child, described, isMap, isSet, wrong } from './field.ts'
import type { Field, Findings } from './findings.ts'

const maxListed = 8

export function checkSchema(field: Field, schema: Schema, findings: Findings): void {
  if (!isSet(field)) {
    if (field.value === null && schema.nullable !== true && schema.type !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true)
      findings.report(field, { message: 'has no value', fix: 'write one, or leave the field out' })
    return
  }
  const fix = typeFix(schema, field)
  if (fix !== undefined) {
    findings.report(field, wrong(field, `no ${nameOf(schema)}`, fix))
    return
  }
  const { enum: values, minimum, maximum } = schema
  if (values !== undefined && !values.includes(field.value as string)) findings.report(field, wrong(field, 'unknown', `write ${values.join(', ')}`))
  if (typeof field.value === 'number' && ((minimum !== undefined && field.value < minimum) || (maximum !== undefined && field.value > maximum)))
    findings.report(field, wrong(field, 'out of range', `write ${minimum ?? '…'} to ${maximum ?? '…'}`))
  if (isMap(field.value)) checkMap(field, Object.keys(field.value), schema, findings)
  if (Array.isArray(field.value) && schema.items !== undefined)
    for (const index of field.value.keys()) checkSchema(child(field, index), schema.items, findings)
}

function checkMap(field: Field, keys: readonly string[], schema: Schema, findings: Findings): void {
  const { properties = {}, additionalProperties, required = [] } = schema
  const known = Object.keys(properties)
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || (schema.properties === undefined && additionalProperties === undefined)
  const guessed = new Set<string | undefined>()
  for (const key of keys) {
    if (Object.hasOwn(properties, key)) checkSchema(child(field, key), properties[key]!, findings)
    else if (additionalProperties !== undefined) checkSchema(child(field, key), additionalProperties, findings)
    else if (!isOpen) guessed.add(reportUnknownField(child(field, key), known, findings))
  }
  for (const name of required)
    if (!keys.includes(name) && !guessed.has(name))
      findings.report(child(field, name), { message: 'is missing', fix: `add it: ${properties[name]?.description ?? 'it is required'}` })
}

/** Tells what was meant. */
export function reportUnknownField(field: Field, known: readonly string[], findings: Findings): string | undefined {
  const meant = nearest(String(field.path.at(-1)), known)
  const listed = known.length > maxListed ? `${known.slice(0, maxListed).join(', ')} …` : known.join(', ')
  findings.report(field, { message: 'is unknown, and would be dropped', fix: meant === undefined ? `use ${listed}` : `did you mean ${meant}?` })
  return meant
}

function nameOf({ type, format, 'x-kubernetes-int-or-string': isEither }: Schema): string {
  if (isEither) return 'integer or text'
  return { object: 'map', array: 'list', string: format === 'date-time' ? 'time' : 'text', integer: 'integer', number: 'number', boolean: 'boolean' }[
    type ?? 'string'
  ]
}

/** What to write instead, where the type is another. */
function typeFix(schema: Schema, { value }: Field): string | undefined {
  if (schema['x-kubernetes-int-or-string'])
    return Number.isInteger(value) || typeof value === 'string' ? undefined : 'write an integer, or a text in quotes'
  switch (schema.type) {
    case 'object':
      return isMap(value) ? undefined : 'write fields'
    case 'array':
      return Array.isArray(value) ? undefined : 'begin each element with -'
    case 'string':
      if (typeof value !== 'string') return `put it into quotes: "${described(value)}"`
      return schema.format === 'date-time' && Number.isNaN(Date.parse(value)) ? 'write one like 2030-01-31T12:00:00Z' : undefined
    case 'integer':
      return Number.isInteger(value) ? undefined : 'write a number without quotes'
    case 'number':
      return typeof value === 'number' ? undefined : 'write a number without quotes'
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'write true or false, without quotes'
    case undefined:
      return undefined
  }
}
