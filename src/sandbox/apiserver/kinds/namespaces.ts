import type { Unstructured } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { invalid } from '../fieldErrors.ts'
import { column, count, status } from './cells.ts'
import { allVerbs, defineKind } from './define.ts'
import { type Draft, draftIn, fields, orDefault, size, text, texts } from './fields.ts'
import type { Kind } from './kind.ts'
import { dnsLabel } from './names.ts'

const nameLabel = 'kubernetes.io/metadata.name'

function defaults(namespace: Draft): void {
  const metadata = draftIn(namespace, 'metadata')
  const name = text(metadata.name)
  if (name !== '') metadata.labels = { ...fields(metadata.labels), [nameLabel]: name }
  orDefault(draftIn(namespace, 'status'), { phase: 'Active' })
}

function onCreate(namespace: Draft): void {
  const spec = draftIn(namespace, 'spec')
  const finalizers = texts(spec.finalizers)
  if (!finalizers.includes('kubernetes')) spec.finalizers = [...finalizers, 'kubernetes']
}

function* phaseErrors(namespace: Unstructured, old: Unstructured | undefined): Iterable<FieldError> {
  const phase = text(status(namespace).phase)
  if (old === undefined || phase === status(old).phase) return
  const ends = namespace.metadata.deletionTimestamp !== undefined
  if (ends && phase !== 'Terminating') yield invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
  if (!ends && phase !== 'Active') yield invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")
}

/** The namespace's own finalizers are changed by /finalize alone. */
export const namespace: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  looks: { asChanged: 2, asNew: 2 },
  shortNames: ['ns'],
  namespaced: false,
  verbs: allVerbs.filter((verb) => verb !== 'deletecollection'),
  names: dnsLabel,
  subresources: { status: true },
  defaults,
  onCreate,
  errors: phaseErrors,
  onUpdate(namespace, old) {
    namespace.spec = { ...fields(namespace.spec), finalizers: fields(old.spec).finalizers }
  },
  columns: [column('Status', 'Whether it is in use or on its way out.', (each) => text(status(each).phase))],
  selectableFields: { 'status.phase': (each) => text(status(each).phase) },
  more: { returnsDeleted: true },
})

export const serviceAccount: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  looks: { asChanged: 2, asNew: 2 },
  shortNames: ['sa'],
  columns: [{ ...count('Secrets', 'How many secrets belong to it.', ({ secrets }) => size(secrets)), type: 'string' }],
  more: { returnsDeleted: true },
})
