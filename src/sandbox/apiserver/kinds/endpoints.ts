import type { Unstructured } from '../../unstructured.ts'
import { sameValue } from '../fieldErrors.ts'
import { column } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, drafts, type Fields, fields, isSet, items, number, orDefault, text, texts } from './fields.ts'
import type { Kind } from './kind.ts'
import { endpointSliceErrors, endpointsErrors } from './validation/endpoints.ts'

const shownAtMost = 3

function shortened(all: readonly string[], none: string): string {
  const shown = all.slice(0, shownAtMost).join(',')
  if (all.length > shownAtMost) return `${shown} + ${all.length - shownAtMost} more...`
  return shown === '' ? none : shown
}

function portsOf({ ports }: Unstructured): readonly string[] {
  return items(ports).map(({ port, name }) => (isSet(port) ? String(number(port)) : isSet(name) ? text(name) : '*'))
}

/** Endpoints and ports are the spec of a slice. */
function count(slice: Draft, old: Unstructured): void {
  const { metadata: made, ...rest } = slice
  const { metadata: before, ...was } = old
  const generation = before.generation ?? 0
  const same = sameValue(rest, was) && sameValue(fields(made).labels, before.labels)
  slice.metadata = { ...fields(made), generation: same ? generation : generation + 1 }
}

export const endpointSlice: Kind = defineKind({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  looks: { asChanged: 1, asNew: 2 },
  errors: endpointSliceErrors,
  shape: 'discovery.EndpointSlice',
  defaults(slice) {
    // A name may be an empty text.
    for (const port of drafts(slice.ports)) {
      if (!isSet(port.name)) port.name = ''
      orDefault(port, { protocol: 'TCP' })
    }
  },
  onCreate(slice) {
    slice.metadata = { ...fields(slice.metadata), generation: 1 }
  },
  onUpdate: count,
  columns: [
    column('AddressType', 'What its addresses are.', ({ addressType }) => text(addressType)),
    column('Ports', 'The ports of its endpoints.', (slice) => shortened(portsOf(slice), '<unset>')),
    column('Endpoints', 'The addresses of its endpoints.', ({ endpoints }) => {
      return shortened(
        items(endpoints).flatMap(({ addresses }) => texts(addresses)),
        '<unset>',
      )
    }),
  ],
})

function addressesOf({ addresses, ports }: Fields): readonly string[] {
  const each = items(addresses).map(({ ip }) => text(ip))
  if (items(ports).length === 0) return each
  return items(ports).flatMap(({ port }) => each.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${number(port)}`))
}

export const endpoints: Kind = {
  ...defineKind({
    group: '',
    version: 'v1',
    kind: 'Endpoints',
    plural: 'endpoints',
    errors: endpointsErrors,
    shortNames: ['ep'],
    defaults(endpoints) {
      for (const { ports } of items(endpoints.subsets)) for (const port of drafts(ports)) orDefault(port, { protocol: 'TCP' })
    },
    columns: [column('Endpoints', 'Its addresses and ports.', ({ subsets }) => shortened(items(subsets).flatMap(addressesOf), '<none>'))],
    more: { allowsCreateOnUpdate: true },
  }),
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
}
