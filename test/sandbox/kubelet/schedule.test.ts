import t from 'tap'
import type { Lease, Node, NodeSpec } from '../../../src/api/node.ts'
import type { Pod, PodSpec } from '../../../src/api/pod.ts'
import { schedule } from '../../../src/sandbox/kubelet/node/schedule.ts'
import { images, shell, waits } from './programs.ts'
import { isReady, startTestNode } from './testNode.ts'

// The texts are the real scheduler's, v1.34.4.
const none = (because: string): string =>
  `0/1 nodes are available: 1 ${because}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`
const unmatched = none("node(s) didn't match Pod's node affinity/selector")
const node = (spec: NodeSpec = {}): Node => ({ metadata: { name: 'sandbox', labels: { disk: 'ssd', size: '5' } }, spec })
const term = (key: string, operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt', ...values: string[]): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }] } },
  },
})

t.test('where a pod may go', (t) => {
  const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' } as const
  const cases: readonly { readonly spec: Partial<PodSpec>; readonly node?: Node; readonly is?: string }[] = [
    { spec: {} },
    { spec: { nodeSelector: { disk: 'ssd' } } },
    { spec: { nodeSelector: { disk: 'hdd' } }, is: unmatched },
    { spec: {}, node: node({ unschedulable: true }), is: none('node(s) were unschedulable') },
    { spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] }, node: node({ unschedulable: true }) },
    { spec: {}, node: node({ taints: [taint] }), is: none('node(s) had untolerated taint(s)') },
    { spec: {}, node: node({ taints: [{ ...taint, effect: 'PreferNoSchedule' }] }) },
    { spec: { tolerations: [{ key: 'gpu', value: 'yes' }] }, node: node({ taints: [taint] }) },
    { spec: { tolerations: [{ key: 'gpu', value: 'no' }] }, node: node({ taints: [taint] }), is: none('node(s) had untolerated taint(s)') },
    { spec: { tolerations: [{ operator: 'Exists' }] }, node: node({ taints: [taint] }) },
    { spec: term('disk', 'In', 'hdd', 'ssd') },
    { spec: term('disk', 'NotIn', 'ssd'), is: unmatched },
    { spec: term('gone', 'NotIn', 'ssd') },
    { spec: term('disk', 'Exists') },
    { spec: term('disk', 'DoesNotExist'), is: unmatched },
    { spec: term('size', 'Gt', '4') },
    { spec: term('size', 'Lt', '4'), is: unmatched },
    { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } } }, is: unmatched },
  ]
  for (const { spec, node: to = node(), is } of cases) {
    const verdict = schedule({ metadata: { name: 'p' }, spec: { containers: [], ...spec } }, to)
    t.equal(verdict.kind === 'fits' ? undefined : verdict.message, is, JSON.stringify({ spec, taints: to.spec }))
  }
  t.end()
})

t.test('a pod waits until its node may be used', async (t) => {
  const test = await startTestNode(t, { images })
  const own = test.cluster.find<Node>('nodes', { name: 'sandbox' })!
  t.match(own.status, {
    conditions: [{}, {}, {}, { type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
  })
  const lease = test.cluster.find<Lease>('leases.coordination.k8s.io', { namespace: 'kube-node-lease', name: 'sandbox' })
  t.match(lease?.spec, { holderIdentity: 'sandbox', leaseDurationSeconds: 40, renewTime: /\.\d{6}Z$/ })
  test.cluster.update<Node>('nodes', { ...own, spec: { ...own.spec, unschedulable: true } })
  test.create({ name: 'p', spec: { containers: [shell(waits)] } })
  test.create({ name: 'gated', spec: { schedulingGates: [{ name: 'wait' }], containers: [shell(waits)] } })
  const message = none('node(s) were unschedulable')
  const { status } = await test.untilPod('p', 'refused', (pod: Pod) => pod.status?.conditions?.[0] !== undefined)
  t.match(status!.conditions, [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, observedGeneration: 1, lastProbeTime: null },
  ])
  await test.untilNews('p', `Warning FailedScheduling ${message}`)
  const cordoned = test.cluster.find<Node>('nodes', { name: 'sandbox' })!
  const { unschedulable: _, ...spec } = cordoned.spec ?? {}
  test.cluster.update<Node>('nodes', { ...cordoned, spec })
  await test.untilPod('p', 'ready', isReady)
  t.match(test.pod('gated')!.status!.conditions, [{ reason: 'SchedulingGated' }])
})
