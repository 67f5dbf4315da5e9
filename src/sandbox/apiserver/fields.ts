import { isObject } from '../json.ts'
import type { JsonObject } from '../unstructured.ts'
import { badRequest } from './apiError.ts'
import { fieldOwners } from './apply/fieldOwners.ts'
import { applyJsonPatch } from './patch/jsonPatch.ts'
import { applyMergePatch } from './patch/mergePatch.ts'
import { applyStrategicPatch } from './patch/strategicPatch.ts'
import type { KindRegistry } from './registry.ts'
import type { FieldMachinery } from './requests/fieldMachinery.ts'

/** What knows the fields of built-in and of custom objects. */
export function fieldMachinery(kinds: KindRegistry): FieldMachinery {
  return {
    ...fieldOwners(kinds),
    patched(kind, live, patch) {
      const target = live as unknown as JsonObject
      switch (patch.type) {
        case 'json': {
          const patched = applyJsonPatch(target, patch.steps)
          if (!isObject(patched)) throw badRequest('a patch must leave an object')
          return patched
        }
        case 'merge':
          return applyMergePatch(target, patch.patch)
        case 'strategic':
          return applyStrategicPatch(target, patch.patch, kind.schema)
      }
    },
  }
}
