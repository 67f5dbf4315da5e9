import { readFileSync } from 'node:fs'
import type { Json } from '../../unstructured.ts'

/** A type of the built-in kinds as the real server's OpenAPI v3 has it, without descriptions; see scripts/openapi. */
export type Definition = {
  /** The name of the definition that this is, besides what else is said. */
  readonly $ref?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly format?: string
  readonly default?: Json
  readonly enum?: readonly Json[]
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Definition>>
  readonly additionalProperties?: Definition
  readonly items?: Definition
  readonly oneOf?: readonly Definition[]
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'granular' | 'atomic'
  readonly 'x-kubernetes-patch-merge-key'?: string
  /** Separated by commas. */
  readonly 'x-kubernetes-patch-strategy'?: string
  readonly 'x-kubernetes-unions'?: Json
  /** Not of OpenAPI: how the real server's messages name the type: `v1.Protocol`. */
  readonly 'x-go-type'?: string
  /** `*`: belongs to every group and version there is. */
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[] | '*'
}

export type GroupVersionKind = { readonly group: string; readonly version: string; readonly kind: string }

export const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

type Builtin = { readonly server: string; readonly definitions: Readonly<Record<string, Definition>> }

let read: Builtin | undefined

/** By name; read when first asked for, in a few milliseconds. */
export function definitions(): Builtin['definitions'] {
  return builtin().definitions
}

/** The version of Kubernetes whose kinds these are: `v1.34.4`. */
export function serverVersion(): string {
  return builtin().server
}

function builtin(): Builtin {
  // Beside this file, in dist as well (scripts/build.ts).
  read ??= JSON.parse(readFileSync(new URL('./builtin.json', import.meta.url), 'utf8')) as Builtin
  return read
}
