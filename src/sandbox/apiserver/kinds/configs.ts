import { column, count } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, fields, orDefault, size, text } from './fields.ts'
import type { Kind } from './kind.ts'
import { configMapErrors, secretErrors } from './validation/configs.ts'
import { isChanged, tlsWarnings } from './warnings.ts'

export const configMap: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  looks: { asChanged: 2, asNew: 2 },
  errors: configMapErrors,
  shortNames: ['cm'],
  columns: [{ ...count('Data', 'How many entries it has.', ({ data, binaryData }) => size(data) + size(binaryData)), type: 'string' }],
})

/** Texts are put among the data, in base64; nobody reads them back as texts. */
function defaultSecret(secret: Draft): void {
  orDefault(secret, { type: 'Opaque' })
  const written = Object.entries(fields(secret.stringData)).map(([key, value]) => [key, Buffer.from(text(value)).toString('base64')] as const)
  delete secret.stringData
  if (written.length === 0) return
  const data = Object.entries({ ...fields(secret.data), ...Object.fromEntries(written) }).sort(([a], [b]) => (a < b ? -1 : 1))
  secret.data = Object.fromEntries(data)
}

export const secret: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  looks: { asChanged: 2, asNew: 2 },
  defaults: defaultSecret,
  errors: secretErrors,
  *warnings(secret, old) {
    if (isChanged(secret.data, old, ({ data }) => data)) yield* tlsWarnings(secret)
  },
  columns: [
    column('Type', 'What the data are for.', ({ type }) => text(type)),
    { ...count('Data', 'How many entries it has.', ({ data }) => size(data)), type: 'string' },
  ],
  selectableFields: { type: ({ type }) => text(type) },
})
