import { column, labelText, spec, status, wide } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draft, draftIn, drafts, type Fields, fields, isSet, items, number, orDefault, text, texts } from './fields.ts'
import type { Column, Kind } from './kind.ts'
import { serviceLabel } from './names.ts'
import { allocateOnCreate, allocateOnUpdate, isReachable } from './serviceAddresses.ts'
import { serviceErrors } from './validation/services.ts'
import { serviceWarnings } from './warnings.ts'

const columns: readonly Column[] = [
  column('Type', 'How the Service is reached.', (service) => text(spec(service).type)),
  column('Cluster-IP', 'Its address within the cluster.', (service) => texts(spec(service).clusterIPs)[0] ?? '<none>'),
  column('External-IP', 'Its addresses outside of the cluster.', (service) => externalAddress(spec(service), status(service))),
  column('Port(s)', 'Its ports, each with its node port and its protocol.', (service) => portText(items(spec(service).ports))),
]

function externalAddress(service: Fields, { loadBalancer }: Fields): string {
  const own = texts(service.externalIPs)
  if (service.type === 'ExternalName') return text(service.externalName)
  if (service.type !== 'LoadBalancer') return own.join(',') || '<none>'
  return [...balancerAddresses(loadBalancer), ...own].join(',') || '<pending>'
}

/** The addresses of a load balancer's status, sorted. */
export function balancerAddresses(loadBalancer: unknown): readonly string[] {
  const each = items(fields(loadBalancer).ingress).map(({ ip, hostname }) => text(ip) || text(hostname))
  return [...new Set(each)].filter((address) => address !== '').sort()
}

function portText(ports: readonly Fields[]): string {
  const each = ports.map(({ port, nodePort, protocol }) => `${number(port)}${number(nodePort) > 0 ? `:${number(nodePort)}` : ''}/${text(protocol)}`)
  return each.join(',') || '<none>'
}

function defaults(service: Draft): void {
  const made = draftIn(service, 'spec')
  orDefault(made, { sessionAffinity: 'None', type: 'ClusterIP' })
  const external = made.type === 'NodePort' || made.type === 'LoadBalancer'
  if (made.sessionAffinity === 'None') delete made.sessionAffinityConfig
  else if (!isSet(fields(fields(made.sessionAffinityConfig).clientIP).timeoutSeconds))
    made.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } }
  for (const port of drafts(made.ports)) {
    orDefault(port, { protocol: 'TCP' })
    if (port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
  }
  if (isReachable(made)) orDefault(made, { externalTrafficPolicy: 'Cluster' })
  if (external || made.type === 'ClusterIP') orDefault(made, { internalTrafficPolicy: 'Cluster' })
  if (made.type !== 'LoadBalancer') return
  orDefault(made, { allocateLoadBalancerNodePorts: true })
  for (const ingress of drafts(draft(fields(service.status).loadBalancer).ingress)) if (text(ingress.ip) !== '') orDefault(ingress, { ipMode: 'VIP' })
}

export const service: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  names: serviceLabel,
  subresources: { status: true },
  defaults,
  onCreate: allocateOnCreate,
  onUpdate: allocateOnUpdate,
  errors: serviceErrors,
  warnings: serviceWarnings,
  columns,
  columnsAfterAge: [wide('Selector', 'The labels of the pods behind it.', (each) => labelText(spec(each).selector))],
  selectableFields: { 'spec.clusterIP': (each) => text(spec(each).clusterIP), 'spec.type': (each) => text(spec(each).type) },
  more: { allowsCreateOnUpdate: true, returnsDeleted: true },
})
