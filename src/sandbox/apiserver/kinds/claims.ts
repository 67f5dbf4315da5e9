import type { Unstructured } from '../../unstructured.ts'
import { column, spec, status, wide } from './cells.ts'
import { defineKind } from './define.ts'
import { draftIn, fields, isSet, orDefault, text, texts } from './fields.ts'
import type { Kind } from './kind.ts'
import { claimErrors } from './validation/policies.ts'

const shortModes: Readonly<Record<string, string>> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' }
const isBound = (claim: Unstructured): boolean => text(spec(claim).volumeName) !== ''
const or = (value: unknown, none: string): string => (isSet(value) ? text(value) : none)

function modes(claim: Unstructured): string {
  const has = texts(status(claim).accessModes)
  return Object.keys(shortModes)
    .filter((mode) => has.includes(mode))
    .map((mode) => shortModes[mode])
    .join(',')
}

/** Claims are kept, but no volumes are made for them here. */
export const persistentVolumeClaim: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  looks: { asChanged: 2, asNew: 3 },
  errors: claimErrors,
  shortNames: ['pvc'],
  subresources: { status: true },
  defaults(claim) {
    orDefault(draftIn(claim, 'spec'), { volumeMode: 'Filesystem' })
    orDefault(draftIn(claim, 'status'), { phase: 'Pending' })
  },
  onCreate(claim) {
    const metadata = draftIn(claim, 'metadata')
    const finalizers = texts(metadata.finalizers)
    const protection = 'kubernetes.io/pvc-protection'
    if (!finalizers.includes(protection)) metadata.finalizers = [...finalizers, protection]
  },
  columns: [
    column('Status', 'Whether it has a volume.', (each) => (isSet(each.metadata.deletionTimestamp) ? 'Terminating' : text(status(each).phase))),
    column('Volume', 'Its volume.', (each) => text(spec(each).volumeName)),
    column('Capacity', 'The size of its volume.', (each) => (isBound(each) ? text(fields(status(each).capacity).storage) || '0' : '')),
    column('Access Modes', 'How its volume is mounted.', (each) => (isBound(each) ? modes(each) : '')),
    column('StorageClass', 'Who makes its volume.', (each) => or(spec(each).storageClassName, '')),
    column('VolumeAttributesClass', 'What its volume is like.', (each) => or(spec(each).volumeAttributesClassName, '<unset>')),
  ],
  columnsAfterAge: [wide('VolumeMode', 'Whether it is a file system or a device.', (each) => or(spec(each).volumeMode, '<unset>'))],
  more: { returnsDeleted: true },
})
