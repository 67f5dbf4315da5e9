import type { Json } from '../../unstructured.ts'

/**
 * What an object or a part of it may be: one model for built-in kinds (from the real server's OpenAPI) and for custom ones (structural schemas).
 * References are resolved; built-in types share their nodes, and a type that contains itself is a cycle of nodes.
 */
export type Schema = {
  /** Built-in kinds: the definition's name, `io.k8s.api.core.v1.Container`; absent inside of one. */
  readonly definition?: string
  /** Absent: anything, or `intOrString`. */
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  /** Values of a map; true: any. With `properties`, never. */
  readonly additionalProperties?: Schema | true
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly Json[]
  readonly default?: Json
  readonly nullable?: true
  /** `int32`, `int64`, `double`, `byte`, `date-time`, `micro-time`, `int-or-string`, `quantity` … */
  readonly format?: string
  readonly intOrString?: true
  readonly preserveUnknownFields?: true
  readonly embeddedResource?: true
  /** How server-side apply takes lists and maps; `atomic` lists and `granular` maps if absent. */
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  readonly mapType?: 'granular' | 'atomic'
  /** Strategic merge: the key of a list's elements, and the strategies (`merge`, `replace`, `retainKeys`). Built-in kinds only. */
  readonly patchMergeKey?: string
  readonly patchStrategy?: readonly string[]
  /** Built-in kinds: what the value may be instead of one type; the first whose type fits is meant. */
  readonly oneOf?: readonly Schema[]
  /** Built-in kinds: the Go type's name where it does not follow from the rest: `v1.Protocol`. */
  readonly goType?: string
  /** Value rules of custom kinds. */
  readonly rules?: ValueRules
}

/** JSON Schema's value validations, as CRDs may use them, and CEL. */
export type ValueRules = {
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly not?: Schema
  readonly validations?: readonly CelRule[]
}

/** `x-kubernetes-validations`. */
export type CelRule = {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}
