import { isList, isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import type { Schema } from '../schema/schema.ts'
import { celEnvironment } from './celEnvironment.ts'

/** A value as CEL rules see it: whole numbers exact, times and durations as such, fields of structs under names that CEL can write. */
export function celValue(value: Json, schema: Schema | undefined): unknown {
  if (typeof value === 'number') return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value)
  if (typeof value === 'string') return celText(value, schema)
  if (isList(value)) return value.map((element) => celValue(element, schema?.items))
  return isObject(value) ? celObject(value, schema) : value
}

function celText(value: string, schema: Schema | undefined): unknown {
  if (schema?.type !== 'string') return value
  switch (schema.format) {
    case 'date-time':
    case 'date': {
      const time = new Date(value)
      return Number.isNaN(time.getTime()) ? value : time
    }
    case 'duration':
      return celEnvironment().evaluate('duration(value)', { value })
    case 'byte':
      return new Uint8Array(Buffer.from(value, 'base64'))
    default:
      return value
  }
}

function celObject(value: JsonObject, schema: Schema | undefined): unknown {
  const { properties, additionalProperties } = schema ?? {}
  const values = additionalProperties === true ? undefined : additionalProperties
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const field = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
      return field === undefined ? [name, celValue(inner, values)] : [celName(name), celValue(inner, field)]
    }),
  )
}

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)

/** A field's name as a CEL identifier. */
export function celName(name: string): string {
  if (reserved.has(name)) return `__${name}__`
  return name.replace(/__|[.\-/]/g, (sign) => `__${{ __: 'underscores', '.': 'dot', '-': 'dash', '/': 'slash' }[sign]}__`)
}
