import { column, spec } from './cells.ts'
import { defineKind } from './define.ts'
import { text } from './fields.ts'
import type { Kind } from './kind.ts'
import { leaseErrors } from './validation/policies.ts'

export const lease: Kind = defineKind({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  bareFinalizers: true,
  errors: leaseErrors,
  shape: 'coordination.Lease',
  columns: [column('Holder', 'Who has it now.', (each) => text(spec(each).holderIdentity))],
  more: { allowsCreateOnUpdate: true, requiresVersion: true },
})
