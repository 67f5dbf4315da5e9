import type { Unstructured } from '../../unstructured.ts'
import { column, spec, status, wide } from './cells.ts'
import { defineKind } from './define.ts'
import { draftIn, fields, isSet, items, text, texts } from './fields.ts'
import type { Kind } from './kind.ts'
import { nodeErrors } from './validation/nodes.ts'

const rolePrefix = 'node-role.kubernetes.io/'

function roles({ metadata }: Unstructured): string {
  const found = Object.entries(metadata.labels ?? {}).map(([key, value]) => {
    if (key.startsWith(rolePrefix)) return key.slice(rolePrefix.length)
    return key === 'kubernetes.io/role' ? value : ''
  })
  const named = [...new Set(found)].filter((role) => role !== '').sort()
  return named.join(',') || '<none>'
}

function readiness(node: Unstructured): string {
  const ready = items(status(node).conditions).find(({ type }) => type === 'Ready')
  const said = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec(node).unschedulable === true ? `${said},SchedulingDisabled` : said
}

function address(node: Unstructured, type: string): string {
  return text(items(status(node).addresses).find((each) => each.type === type)?.address) || '<none>'
}

const info = (node: Unstructured, field: string): string => text(fields(status(node).nodeInfo)[field])

export const node: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  subresources: { status: true },
  createdWithStatus: true,
  errors: nodeErrors,
  defaults(node) {
    const made = draftIn(node, 'spec')
    // The one range of old clients and the list are kept equal.
    const ranges = texts(made.podCIDRs)
    if (text(made.podCIDR) !== '' && ranges[0] !== made.podCIDR) made.podCIDRs = [made.podCIDR]
    else if (text(made.podCIDR) === '' && ranges.length > 0) made.podCIDR = ranges[0]
    const shown = draftIn(node, 'status')
    if (isSet(shown.capacity) && !isSet(shown.allocatable)) shown.allocatable = { ...fields(shown.capacity) }
  },
  columns: [column('Status', 'Whether pods can run on it.', readiness), column('Roles', 'What it is for.', roles)],
  columnsAfterAge: [
    column('Version', 'The version of its kubelet.', (each) => info(each, 'kubeletVersion')),
    wide('Internal-IP', 'Its address within the cluster.', (each) => address(each, 'InternalIP')),
    wide('External-IP', 'Its address outside of the cluster.', (each) => address(each, 'ExternalIP')),
    wide('OS-Image', 'Its operating system.', (each) => info(each, 'osImage') || '<unknown>'),
    wide('Kernel-Version', 'The version of its kernel.', (each) => info(each, 'kernelVersion') || '<unknown>'),
    wide('Container-Runtime', 'What runs its containers.', (each) => info(each, 'containerRuntimeVersion') || '<unknown>'),
  ],
  selectableFields: { 'spec.unschedulable': (each) => String(spec(each).unschedulable === true) },
})
