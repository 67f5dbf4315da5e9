import t from 'tap'
import type { Pod } from '../../../src/api/pod.ts'
import type { EndpointSlice, Service } from '../../../src/api/services.ts'
import { planSlices, type SliceChanges } from '../../../src/sandbox/controllers/endpoints/slices.ts'
import { subsetsOf } from '../../../src/sandbox/controllers/endpoints/subsets.ts'

const service: Service = {
  metadata: { name: 'web', namespace: 'shop', uid: 'service-uid' },
  spec: {
    selector: { app: 'web' },
    clusterIP: '10.96.0.9',
    ipFamilies: ['IPv4'],
    ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }],
  },
}

function pod(index: number, isReady = true): Pod {
  const ip = `10.0.${index >> 8}.${index & 255}`
  return {
    metadata: { name: `web-${index}`, namespace: 'shop', uid: `uid-${index}`, labels: { app: 'web' } },
    spec: { nodeName: 'here', containers: [{ name: 'web' }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  }
}

const podsUpTo = (count: number): readonly Pod[] => Array.from({ length: count }, (_, index) => pod(index))

function plan(pods: readonly Pod[], slices: readonly EndpointSlice[] = []): SliceChanges {
  return planSlices({ service, pods, slices, zones: new Map() })
}

/** As the server keeps them. */
function kept(changes: SliceChanges, before: readonly EndpointSlice[] = []): readonly EndpointSlice[] {
  const gone = new Set(changes.delete.map(({ metadata }) => metadata.name))
  const updated = new Map(changes.update.map((slice) => [slice.metadata.name, slice]))
  const left = before.filter(({ metadata }) => !gone.has(metadata.name)).map((slice) => updated.get(slice.metadata.name) ?? slice)
  const created = changes.create.map((slice, index) => ({ ...slice, metadata: { ...slice.metadata, name: `web-new-${before.length}-${index}` } }))
  return [...left, ...created]
}

const sizes = (slices: readonly EndpointSlice[]): readonly number[] => slices.map(({ endpoints }) => endpoints?.length ?? 0)
const writes = ({ create, update, delete: gone }: SliceChanges): readonly number[] => [create.length, update.length, gone.length]

t.test('250 endpoints are three slices', (t) => {
  t.same(sizes(plan(podsUpTo(250)).create), [100, 100, 50])
  t.end()
})

t.test('each change is as few writes as possible', (t) => {
  const before = kept(plan(podsUpTo(250)))
  t.same(writes(plan(podsUpTo(250), before)), [0, 0, 0], 'nothing changed')
  t.same(writes(plan(podsUpTo(251), before)), [0, 1, 0], 'one more goes where there is room')
  t.same(writes(plan(podsUpTo(250).slice(1), before)), [0, 1, 0], 'one less')
  t.same(writes(plan([pod(0, false), ...podsUpTo(250).slice(1)], before)), [0, 1, 0], 'one is no longer ready')
  const replaced = plan([...podsUpTo(250).slice(1), pod(300)], before)
  t.same(writes(replaced), [0, 1, 0], 'one for another, in the same slice')
  t.same(sizes(kept(replaced, before)), [100, 100, 50])
  const many = plan(podsUpTo(400), before)
  t.same(writes(many), [1, 1, 0], 'what is left after a whole new slice fills the old one')
  t.same(sizes(kept(many, before)), [100, 100, 100, 100])
  t.end()
})

t.test('no endpoints are one empty slice, which is filled later', (t) => {
  const empty = kept(plan([]))
  t.same(sizes(empty), [0])
  t.same(writes(plan([], empty)), [0, 0, 0])
  const filled = plan(podsUpTo(1), empty)
  t.same(writes(filled), [0, 1, 0])
  t.same(
    filled.update.map(({ metadata }) => metadata.name),
    empty.map(({ metadata }) => metadata.name),
  )
  const emptied = plan([], kept(filled, empty))
  t.same(writes(emptied), [0, 1, 0])
  t.same(sizes(emptied.update), [0])
  t.end()
})

t.test('slices of an older Service of that name are deleted', (t) => {
  const foreign = kept(plan(podsUpTo(2))).map((slice) => ({
    ...slice,
    metadata: { ...slice.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: 'old' }] },
  }))
  t.same(writes(plan(podsUpTo(2), foreign)), [1, 0, 1])
  t.end()
})

t.test('both families have slices of their own', (t) => {
  const dual: Service = { ...service, spec: { ...service.spec, ipFamilies: ['IPv4', 'IPv6'] } }
  const ips = { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }
  const both = { ...pod(1), status: { ...pod(1).status, ...ips } }
  const { create } = planSlices({ service: dual, pods: [both], slices: [], zones: new Map() })
  t.same(
    create.map(({ addressType, endpoints }) => [addressType, endpoints?.[0]?.addresses]),
    [
      ['IPv4', ['10.0.0.1']],
      ['IPv6', ['fd00::1']],
    ],
  )
  t.end()
})

t.test('pods that are being deleted are in slices, and in no Endpoints', (t) => {
  const ending = { ...pod(1), metadata: { ...pod(1).metadata, deletionTimestamp: '2030-01-01T00:00:00Z' } }
  t.match(plan([ending]).create[0]?.endpoints?.[0]?.conditions, { ready: false, serving: true, terminating: true })
  t.same(subsetsOf(service, [ending]), [])
  t.end()
})
