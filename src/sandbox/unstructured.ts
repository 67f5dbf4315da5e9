import type { Metadata } from '../api/meta.ts'

/** JSON, as it stands in requests, answers and the store. Values of the store are frozen: build new ones. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** An object of a kind that is only known at run time; `unstructured.Unstructured` elsewhere. */
export type Unstructured = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata & {
    readonly generateName?: string
    readonly deletionGracePeriodSeconds?: number
    readonly managedFields?: readonly ManagedFieldsEntry[]
  }
  readonly [field: string]: unknown
}

export type ManagedFieldsEntry = {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  /** RFC 3339, whole seconds. */
  readonly time?: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: JsonObject
  /** Absent for the main resource. */
  readonly subresource?: string
}

/** `namespace` is left out for kinds that have none. */
export type ObjectKey = { readonly namespace?: string | undefined; readonly name: string }
