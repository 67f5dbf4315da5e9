import type { Service } from '../../../api/services.ts'
import type { Told } from '../../events.ts'
import type { Door } from './doors.ts'

/** What users read of Services that are not what they would be in a real cluster. */

export function portTaken({ host, port, kind }: Door, error: unknown): Told {
  const { code } = error as NodeJS.ErrnoException
  const because =
    code === 'EACCES'
      ? 'this user may not listen on so low a port'
      : code === 'EADDRINUSE'
        ? 'another program listens there'
        : error instanceof Error
          ? error.message
          : String(error)
  const fix =
    code === 'EACCES'
      ? 'give the Service a port from 1024 on, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=80'
      : `end that program, or give the Service another ${kind === 'node' ? 'nodePort' : 'port'}`
  return { type: 'Warning', reason: 'PortTaken', message: `Cannot listen on ${host}:${port}: ${because}; ${fix}` }
}

export function portMoved({ host, port }: Door, now: number): Told {
  return { type: 'Normal', reason: 'PortMoved', message: `Port ${port} of this Service is at ${host}:${now} instead` }
}

export function protocolMissing({ protocol, port }: Door): Told {
  return { type: 'Warning', reason: 'ProtocolUnsupported', message: `Port ${port} is ${protocol}; this sandbox passes on TCP only` }
}

/** Undefined where there is nothing to say: nobody expects an address, or the Service has another one. */
export function clusterAddressHint({ metadata, spec }: Service): Told | undefined {
  const { type = 'ClusterIP', selector } = spec
  if (type !== 'ClusterIP' || selector === undefined) return undefined
  const { name, namespace } = metadata
  return {
    type: 'Normal',
    reason: 'NoClusterAddress',
    message: `Pods are processes of this machine here: there is no cluster network, so neither ${spec.clusterIP ?? 'a cluster IP'} nor the name ${name}.${namespace}.svc leads anywhere. To reach the pods, use type LoadBalancer or NodePort, or the addresses in the Service's EndpointSlices`,
  }
}
