import type { JsonObject, Unstructured } from '../../unstructured.ts'
import type { Kind } from '../kinds/kind.ts'
import { apiVersionOf } from '../requests/objectMeta.ts'
import type { Schema } from '../schema/schema.ts'

/** The versions in which one kind of objects is served. */
export type Versions = {
  /** Undefined for a version that is not served (any longer): who owns fields of it owns nothing. */
  schemaOf(apiVersion: string): Schema | undefined
  /** `object` in another version that is served. */
  convert(object: JsonObject, apiVersion: string): JsonObject
}

/** `kinds`: all that serve the same objects. */
export function versionsOf(kinds: readonly Kind[]): Versions {
  const kindOf = (apiVersion: unknown): Kind | undefined => kinds.find((kind) => apiVersionOf(kind) === apiVersion)
  return {
    schemaOf: (apiVersion) => kindOf(apiVersion)?.schema,
    convert(object, apiVersion) {
      const [from, to] = [kindOf(object['apiVersion']), kindOf(apiVersion)]
      if (from === undefined || to === undefined) throw new Error(`convert from ${String(object['apiVersion'])} to ${apiVersion}`)
      const stored = from.conversion?.toStored(object as Unstructured) ?? (object as Unstructured)
      const made = to.conversion?.fromStored(stored) ?? stored
      return { ...(made as JsonObject), apiVersion }
    },
  }
}

export function converted(versions: Versions, object: JsonObject, apiVersion: string): JsonObject {
  // What is not there yet has no version.
  return (object['apiVersion'] ?? apiVersion) === apiVersion ? object : versions.convert(object, apiVersion)
}
