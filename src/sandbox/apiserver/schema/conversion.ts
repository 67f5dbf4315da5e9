import { type Mismatch, numberText } from './decode.ts'
import { goTypeOf } from './goType.ts'
import type { Schema } from './schema.ts'
import { isParsedObject, type Parsed, WrittenNumber } from './strictJson.ts'

/**
 * How the real server words a wrong type where it converts a map instead of reading JSON, which it does with what a strategic patch makes:
 * `cannot convert int64 to string`.
 */
export function conversionMessage({ value, schema }: Mismatch): string {
  const from = kindOf(value)
  const isReadAsJson = schema.intOrString || schema.format === 'date-time' || schema.format === 'micro-time'
  if (isReadAsJson) return `json: cannot unmarshal ${jsonTypes[from]} into Go value of type ${goTypeOf(schema)}`
  if (schema.type === 'array') return `cannot restore slice from ${from}`
  if (schema.type === 'object')
    return schema.additionalProperties === undefined ? `cannot restore struct from: ${from}` : `cannot restore map from ${from}`
  const isConvertible =
    (from === 'int64' && schema.type !== 'boolean') || (from === 'float64' && (schema.type === 'integer' || schema.type === 'number'))
  return isConvertible ? `cannot convert ${from} to ${goTypeOf(schema)}` : `unrecognized type: ${goKindOf(schema)}`
}

type GoKind = 'string' | 'bool' | 'int64' | 'float64' | 'slice' | 'map'

const jsonTypes: Readonly<Record<GoKind, string>> = {
  string: 'string',
  bool: 'bool',
  int64: 'number',
  float64: 'number',
  slice: 'array',
  map: 'object',
}

function kindOf(value: Parsed): GoKind {
  if (Array.isArray(value)) return 'slice'
  if (isParsedObject(value)) return 'map'
  if (typeof value === 'number' || value instanceof WrittenNumber) return /^-?\d+$/.test(numberText(value)) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}

/** Without the name that a type may have of its own. */
function goKindOf({ goType: _, ...schema }: Schema): string {
  return goTypeOf(schema)
}
