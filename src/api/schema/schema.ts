/** Structural schemas as CustomResourceDefinitions have them, and the few words by which the others here are written. */
export type Schema = {
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: 'int32' | 'int64' | 'date-time'
  readonly nullable?: true
  readonly enum?: readonly (string | number)[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Properties
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-int-or-string'?: true
  readonly 'x-kubernetes-preserve-unknown-fields'?: true
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[]
}

/** A schema for each field of a type: by `satisfies`, so that none is forgotten, which the API server would then drop. */
export type SchemasOf<T> = Readonly<Record<keyof T, Schema>>

export type Properties = Readonly<Record<string, Schema>>

export function text(description: string): Schema {
  return { description, type: 'string' }
}

export function oneOf(description: string, values: readonly string[]): Schema {
  return { description, type: 'string', enum: values }
}

export function int32(description: string): Schema {
  return { description, type: 'integer', format: 'int32' }
}

export function int64(description: string): Schema {
  return { description, type: 'integer', format: 'int64' }
}

export function flag(description: string): Schema {
  return { description, type: 'boolean' }
}

export function time(description: string): Schema {
  return { description, type: 'string', format: 'date-time' }
}

export function intOrString(description: string): Schema {
  return { description, 'x-kubernetes-int-or-string': true }
}

/** Only these fields: others are warned of, or refused, and never stored. */
export function record(description: string, properties: Properties, required: readonly string[] = []): Schema {
  return { description, type: 'object', ...(required.length > 0 && { required }), properties }
}

/** The same for what its place explains. */
export function fields(properties: Properties, required: readonly string[] = []): Schema {
  return { type: 'object', ...(required.length > 0 && { required }), properties }
}

/** These fields, and any other beside them. */
export function open(description: string, properties: Properties = {}): Schema {
  const known = Object.keys(properties).length > 0 ? { properties } : {}
  return { description, type: 'object', ...known, 'x-kubernetes-preserve-unknown-fields': true }
}

/** Anything at all. */
export function anything(description: string): Schema {
  return { description, 'x-kubernetes-preserve-unknown-fields': true }
}

export function list(description: string, items: Schema): Schema {
  return { description, type: 'array', items }
}

/** A list whose elements are told apart by `keys`. */
export function keyedList(description: string, keys: readonly string[], items: Schema): Schema {
  return { ...list(description, items), 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys }
}

export function texts(description: string): Schema {
  return { description, type: 'array', items: { type: 'string' } }
}

export function textMap(description: string): Schema {
  return { description, type: 'object', additionalProperties: { type: 'string' } }
}

export function nullable(schema: Schema): Schema {
  return { ...schema, nullable: true }
}
