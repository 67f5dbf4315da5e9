import { isObject } from '../../json.ts'
import type { JsonObject } from '../../unstructured.ts'
import type { KindRegistry } from '../registry.ts'
import type { FieldMachinery, OwnedWrite } from '../requests/fieldMachinery.ts'
import { apiVersionOf } from '../requests/objectMeta.ts'
import { applyServerSide } from './applyServerSide.ts'
import { resetFields } from './resetFields.ts'
import { trackUpdate } from './trackUpdate.ts'
import { versionsOf } from './versions.ts'

/** Ownership of fields, for all kinds that are served. */
export function fieldOwners(kinds: Pick<KindRegistry, 'storedAs'>): Pick<FieldMachinery, 'applied' | 'owners'> {
  const facts = ({ kind, live, manager, subresource = '', now }: OwnedWrite) => ({
    before: live as JsonObject | undefined,
    empty: kind.empty ?? {},
    apiVersion: apiVersionOf(kind),
    versions: versionsOf(kinds.storedAs(kind.storedAs)),
    manager,
    subresource,
    reset: resetFields({ group: kind.group, kind: kind.kind, hasStatus: kind.subresources.status === true, subresource }),
    now,
  })
  return {
    applied(config, force, write) {
      const { before: live, ...rest } = facts(write)
      const { object, managedFields } = applyServerSide({ ...rest, live, applied: config, kind: write.kind.kind, force })
      const metadata = isObject(object['metadata']) ? object['metadata'] : {}
      return { ...object, metadata: { ...metadata, managedFields } }
    },
    owners: (updated, write) => trackUpdate({ ...facts(write), after: updated as JsonObject }),
  }
}
