import t from 'tap'
import type { Lease } from '../../src/api/node.ts'
import { electionTimes, observe, plan } from '../../src/kube/lease.ts'

const ref = { namespace: 'spillway', name: 'spillway-controller' }
const wallTime = new Date('2026-01-02T03:04:05.678Z')
const self = (nowMs: number) => ({ identity: 'me', ref, times: electionTimes, nowMs, wallTime })
const lease = (holderIdentity: string, leaseDurationSeconds = 15): Lease => ({
  metadata: { ...ref, resourceVersion: '7' },
  spec: {
    holderIdentity,
    leaseDurationSeconds,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '1999-01-01T00:00:00.000000Z',
    leaseTransitions: 3,
  },
})

t.test('what to do about a lease', async (t) => {
  const rows = [
    { name: 'there is none: create', lease: undefined, nowMs: 0, kind: 'create' },
    { name: 'nobody has it: take', lease: lease(''), nowMs: 0, kind: 'update' },
    { name: 'ours: renew', lease: lease('me'), nowMs: 0, kind: 'update' },
    { name: "another's, just seen, whatever its clock says: wait", lease: lease('other'), nowMs: 14_999, kind: 'wait' },
    { name: "another's, silent for its time by our clock: take", lease: lease('other'), nowMs: 15_000, kind: 'update' },
    { name: 'its time counts, not ours', lease: lease('other', 60), nowMs: 59_999, kind: 'wait' },
  ] as const
  for (const { name, lease, nowMs, kind } of rows) t.equal(plan({ lease, sinceMs: 0 }, self(nowMs)).kind, kind, name)
})

t.test('a lease that is taken counts one transition more; one that is renewed keeps its beginning', async (t) => {
  const taken = plan({ lease: lease('other'), sinceMs: 0 }, self(20_000))
  t.match(taken, {
    lease: { metadata: { resourceVersion: '7' }, spec: { holderIdentity: 'me', leaseTransitions: 4, acquireTime: '2026-01-02T03:04:05.678000Z' } },
  })
  const renewed = plan({ lease: lease('me'), sinceMs: 0 }, self(1))
  t.match(renewed, { lease: { spec: { leaseTransitions: 3, acquireTime: '2026-01-01T00:00:00.000000Z', renewTime: '2026-01-02T03:04:05.678000Z' } } })
})

t.test('its age begins anew with each version', async (t) => {
  const first = observe(undefined, lease('other'), 5)
  t.equal(observe(first, lease('other'), 9).sinceMs, 5)
  t.equal(observe(first, { ...lease('other'), metadata: { ...ref, resourceVersion: '8' } }, 9).sinceMs, 9)
  t.equal(observe(undefined, undefined, 3).sinceMs, 3)
})
