import { managedByAnnotation } from '../../../api/rolloutLabels.ts'
import type { Service, ServicePort } from '../../../api/services.ts'
import type { ClusterView } from './cluster.ts'
import type { IngressRoute } from './ingressRules.ts'

/** The DNS names of Services that a Rollout manages, as hosts: so that clients in the cluster may go through the edge. */
export function hostsOfServices(view: ClusterView, claims: { has(key: string): boolean }, domain: string): readonly IngressRoute[] {
  const wishes: IngressRoute[] = []
  for (const service of view.services) {
    const { namespace = '', name, annotations } = service.metadata
    if (!claims.has(`${namespace}/${name}`) && annotations?.[managedByAnnotation] === undefined) continue
    const port = usualPort(service)
    if (port === undefined) continue
    // The bare name means another Service in each namespace, and the edge cannot know from which one is asked.
    for (const host of [`${name}.${namespace}`, `${name}.${namespace}.svc`, `${name}.${namespace}.svc.${domain}`])
      wishes.push({ route: { host, path: '/', pathType: 'Prefix' }, to: { namespace, service: name, port: port.port }, field: '', isDefault: false })
  }
  return wishes
}

/** A Host seldom names a port, and a listener of the edge is for all: that for HTTP, else the first. */
function usualPort({ spec }: Service): ServicePort | undefined {
  const ports = (spec.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP')
  return ports.find(({ name, port }) => name === 'http' || port === 80) ?? ports[0]
}
