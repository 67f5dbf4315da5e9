import type { Schema } from './schema.ts'

/** The Go type that the real server reads a value into, as its messages name it: `v1.Container`, `[]string`, `map[string]string`. */
export function goTypeOf(schema: Schema): string {
  if (schema.goType !== undefined) return schema.goType
  if (schema.intOrString) return 'int32'
  if (schema.format === 'date-time' || schema.format === 'micro-time') return 'string'
  if (schema.format === 'byte') return '[]uint8'
  if (schema.definition !== undefined) return schema.definition.split('.').slice(-2).join('.')
  switch (schema.type) {
    case 'array':
      return `[]${schema.items === undefined ? 'interface {}' : goTypeOf(schema.items)}`
    case 'object':
      return `map[string]${schema.additionalProperties === undefined || schema.additionalProperties === true ? 'interface {}' : goTypeOf(schema.additionalProperties)}`
    case 'integer':
      return schema.format ?? 'int64'
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    default:
      return 'interface {}'
  }
}
