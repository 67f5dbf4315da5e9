import type { Protocol } from '../../../api/container.ts'
import type { Service, ServicePort } from '../../../api/services.ts'

/** A place on this machine where connections to a Service's port come in. */
export type Door = {
  readonly id: string
  readonly kind: 'balancer' | 'node'
  readonly host: string
  readonly port: number
  readonly protocol: Protocol
  readonly servicePort: ServicePort
  /** Another port will do if this one cannot be had. */
  readonly mayMove: boolean
}

const nodeAddress = '127.0.0.1'

/** `balancerIp`: of a Service of type LoadBalancer. */
export function doorsOf({ spec }: Service, balancerIp: string | undefined): readonly Door[] {
  const { type = 'ClusterIP', ports = [] } = spec
  return ports.flatMap((servicePort) => {
    const { port, nodePort, protocol = 'TCP', name = '' } = servicePort
    const doors: Door[] = []
    const add = (kind: Door['kind'], host: string, number: number): void => {
      const id = `${kind} ${host}:${number}/${protocol} ${name}`
      doors.push({ id, kind, host, port: number, protocol, servicePort, mayMove: kind === 'balancer' })
    }
    if (type === 'LoadBalancer' && balancerIp !== undefined) add('balancer', balancerIp, port)
    if ((type === 'NodePort' || type === 'LoadBalancer') && nodePort !== undefined && nodePort > 0) add('node', nodeAddress, nodePort)
    return doors
  })
}
