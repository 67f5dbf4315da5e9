import type { Pod } from '../../../api/pod.ts'
import type { PodFacts } from '../environment/downward.ts'
import type { PodAddress } from '../probes/network.ts'
import type { PodContext } from './context.ts'

/** A pod's address while it has one. */
export type PodPorts = PodAddress & { close(): Promise<void> }

/** An address of its own; or where all share one, a port of its own for each of its ports. */
export async function openAddress({ spec }: Pod, { addresses }: PodContext): Promise<PodPorts> {
  const ip = await addresses.take()
  const mapped = new Map<number, number>()
  if (!addresses.areOwn) {
    for (const { ports = [] } of [...(spec.initContainers ?? []), ...spec.containers])
      for (const { containerPort } of ports) if (!mapped.has(containerPort)) mapped.set(containerPort, await addresses.freePort())
  }
  return {
    ip,
    portOf: (containerPort) => mapped.get(containerPort) ?? containerPort,
    close: async () => addresses.give(ip),
  }
}

export function facts(pod: Pod, podIp: string, { node }: PodContext): PodFacts {
  return { pod, nodeName: node.name, hostIp: node.ip, podIp, allocatable: node.allocatable }
}
