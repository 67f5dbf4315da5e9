import { arch, availableParallelism, hostname, type as osType, platform, release, totalmem } from 'node:os'
import type { ResourceList } from '../../../api/container.ts'
import type { Lease, Node, NodeCondition, NodeStatus } from '../../../api/node.ts'
import { timestampOf } from '../../../api/time.ts'
import type { Cluster } from '../../cluster.ts'

export const kubeletVersion = 'v1.34.4'
const podsMaximum = 250
/** As there: a lease every 10 s tells that the node lives, its status says so every 5 minutes. */
const leaseSeconds = 40
const renewMs = 10_000
const statusMs = 300_000

/** What this machine has. */
export function machineCapacity(): ResourceList {
  return { cpu: String(availableParallelism()), memory: `${Math.floor(totalmem() / 1_024)}Ki`, pods: String(podsMaximum) }
}

export type NodeFacts = { readonly name: string; readonly ip: string; readonly capacity: ResourceList }

/** Keeps the node's object and its lease. Returns how to end that. */
export function keepNode(whole: Cluster, facts: NodeFacts, nowMs: () => number): () => void {
  const cluster = whole.as('kubelet')
  const { name } = facts
  const tellStatus = (): void => {
    const node = cluster.find<Node>('nodes', { name }) ?? cluster.create<Node>('nodes', newNode(facts))
    cluster.update<Node>('nodes', { ...node, status: { ...node.status, ...nodeStatus(facts, node, nowMs()) } }, 'status')
  }
  const renew = (): void => {
    const node = cluster.find<Node>('nodes', { name })
    if (node === undefined) tellStatus()
    const at = { namespace: 'kube-node-lease', name }
    const lease = cluster.find<Lease>('leases.coordination.k8s.io', at)
    const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: new Date(nowMs()).toISOString().replace('Z', '000Z') }
    if (lease !== undefined) cluster.update('leases.coordination.k8s.io', { ...lease, spec: { ...lease.spec, ...spec } })
    else {
      const uid = (node ?? cluster.find<Node>('nodes', { name }))?.metadata.uid ?? ''
      cluster.create<Lease>('leases.coordination.k8s.io', {
        metadata: { ...at, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
        spec,
      })
    }
  }
  tellStatus()
  renew()
  const timers = [setInterval(renew, renewMs), setInterval(tellStatus, statusMs)]
  return () => timers.forEach(clearInterval)
}

function newNode({ name }: NodeFacts): Node {
  const [os, architecture] = [platform() === 'win32' ? 'windows' : platform(), goArchitecture()]
  const labels = {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': os,
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': os,
  }
  return { metadata: { name, labels } }
}

const goArchitecture = (): string => ({ x64: 'amd64', ia32: '386' })[arch() as string] ?? arch()

function nodeStatus({ name, ip, capacity }: NodeFacts, { status }: Node, nowMs: number): NodeStatus {
  const machine = hostname()
  return {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'Hostname', address: name },
    ],
    conditions: conditions.map(({ type, is, reason, message }): NodeCondition => {
      const before = status?.conditions?.find((condition) => condition.type === type)
      const lastTransitionTime = (before?.status === is && before.lastTransitionTime) || timestampOf(nowMs)
      return { type, status: is, lastHeartbeatTime: timestampOf(nowMs), lastTransitionTime, reason, message }
    }),
    nodeInfo: {
      machineID: machine,
      systemUUID: machine,
      bootID: machine,
      kernelVersion: release(),
      osImage: osType(),
      containerRuntimeVersion: `process://${process.versions.node}`,
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: platform(),
      architecture: goArchitecture(),
    },
  }
}

const conditions = [
  { type: 'MemoryPressure', is: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
  { type: 'DiskPressure', is: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  { type: 'PIDPressure', is: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
  { type: 'Ready', is: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
] as const
