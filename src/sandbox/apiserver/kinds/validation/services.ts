import type { Unstructured } from '../../../unstructured.ts'
import { duplicate, forbidden, invalid, required, sameValue } from '../../fieldErrors.ts'
import { type Fields, fields, isSet, items, number, size, text, texts } from '../fields.ts'
import { labelErrors } from '../metadata.ts'
import { dnsLabel, dnsSubdomain, qualifiedName } from '../names.ts'
import { type Errors, ipErrors, isIp, named, oneOf, portNumberErrors, portReference, requiredOneOf } from './rules.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const affinityLimitSeconds = 86400

export function* serviceErrors(service: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(service.spec)
  const headless = texts(spec.clusterIPs)[0] === 'None'
  if (old !== undefined) yield* changeErrors(spec, fields(old.spec))
  if (size(spec.ports) === 0 && !headless && spec.type !== 'ExternalName') yield required('spec.ports')
  yield* typeErrors(spec, headless)
  const names = new Set<string>()
  for (const [index, port] of items(spec.ports).entries()) yield* portErrors(port, `spec.ports[${index}]`, size(spec.ports) > 1, names)
  yield* labelErrors(spec.selector, 'spec.selector')
  yield* affinityErrors(spec)
  if (spec.type !== 'ExternalName') yield* addressErrors(spec)
  for (const [index, ip] of texts(spec.externalIPs).entries()) yield* ipErrors(ip, `spec.externalIPs[${index}]`)
  yield* requiredOneOf(spec.type, types, 'spec.type')
  yield* portSetErrors(spec)
  yield* balancerErrors(spec)
  yield* trafficErrors(spec)
  if (old !== undefined) yield* balancerStatusErrors(fields(service.status).loadBalancer, 'status.loadBalancer')
}

/** Of Services and of ingresses. */
export function* balancerStatusErrors(loadBalancer: unknown, path: string): Errors {
  for (const [index, { ip, hostname }] of items(fields(loadBalancer).ingress).entries()) {
    const at = `${path}.ingress[${index}]`
    if (text(ip) !== '') yield* ipErrors(ip, `${at}.ip`)
    if (text(hostname) === '') continue
    yield* named(dnsSubdomain, hostname, `${at}.hostname`)
    if (isIp(text(hostname))) yield invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address')
  }
}

function* typeErrors(spec: Fields, headless: boolean): Errors {
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    yield invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)
  }
  if (spec.type !== 'ExternalName') return
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
    if (text(spec[field]) !== '' || size(spec[field]) > 0) yield forbidden(`spec.${field}`, 'may not be set for ExternalName services')
  }
  const name = text(spec.externalName).replace(/\.$/, '')
  if (name === '') yield required('spec.externalName')
  else yield* named(dnsSubdomain, name, 'spec.externalName')
}

function* portErrors(port: Fields, path: string, needsName: boolean, names: Set<string>): Errors {
  const name = text(port.name)
  if (name === '') {
    if (needsName) yield required(`${path}.name`)
  } else {
    yield* named(dnsLabel, name, `${path}.name`)
    if (names.has(name)) yield duplicate(`${path}.name`, name)
    names.add(name)
  }
  yield* portNumberErrors(port.port, `${path}.port`)
  yield* requiredOneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], `${path}.protocol`)
  yield* portReference(port.targetPort, `${path}.targetPort`)
  if (isSet(port.appProtocol)) yield* named(qualifiedName, port.appProtocol, `${path}.appProtocol`)
}

function* affinityErrors({ sessionAffinity, sessionAffinityConfig }: Fields): Errors {
  yield* requiredOneOf(sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity')
  if (sessionAffinity !== 'ClientIP') return
  const seconds = number(fields(fields(sessionAffinityConfig).clientIP).timeoutSeconds)
  const path = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds'
  if (seconds <= 0 || seconds > affinityLimitSeconds) yield invalid(path, seconds, `must be greater than 0 and less than ${affinityLimitSeconds}`)
}

function* addressErrors(spec: Fields): Errors {
  const [clusterIP, all] = [text(spec.clusterIP), texts(spec.clusterIPs)]
  if (clusterIP !== '' && all.length > 0 && all[0] !== clusterIP) yield invalid('spec.clusterIPs', all, 'first value must match `clusterIP`')
  if (clusterIP === '' && all.length > 0) yield invalid('spec.clusterIPs', all, 'must be empty when `clusterIP` is not specified')
  const families = texts(spec.ipFamilies)
  for (const [index, family] of families.entries()) {
    yield* oneOf(family, ['IPv4', 'IPv6'], `spec.ipFamilies[${index}]`)
    if (families.indexOf(family) < index) yield duplicate(`spec.ipFamilies[${index}]`, family)
  }
  if (isSet(spec.ipFamilyPolicy)) yield* oneOf(spec.ipFamilyPolicy, ['PreferDualStack', 'RequireDualStack', 'SingleStack'], 'spec.ipFamilyPolicy')
  for (const [index, address] of all.entries()) {
    if (index === 0 && address === 'None') {
      if (all.length > 1) yield invalid('spec.clusterIPs', all, "'None' must be the first and only value")
    } else yield* ipErrors(address, `spec.clusterIPs[${index}]`)
  }
}

/** What the ports are together: none may be there twice. */
function* portSetErrors(spec: Fields): Errors {
  const ports = items(spec.ports)
  const [nodePorts, numbers] = [new Set<string>(), new Set<string>()]
  for (const [index, { nodePort }] of ports.entries()) {
    if (spec.type === 'ClusterIP' && number(nodePort) !== 0)
      yield forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")
  }
  for (const [index, { nodePort, protocol }] of ports.entries()) {
    if (number(nodePort) === 0) continue
    const path = `spec.ports[${index}].nodePort`
    const key = `${text(protocol)}/${number(nodePort)}`
    if (nodePorts.has(key)) yield duplicate(path, nodePort)
    nodePorts.add(key)
  }
  for (const [index, { port, protocol }] of ports.entries()) {
    const key = `${text(protocol)}/${number(port)}`
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (numbers.has(key)) yield duplicate(`spec.ports[${index}]`, shown)
    numbers.add(key)
  }
}

function* balancerErrors(spec: Fields): Errors {
  const only = "may only be used when `type` is 'LoadBalancer'"
  const isBalancer = spec.type === 'LoadBalancer'
  if (!isBalancer && size(spec.loadBalancerSourceRanges) > 0) yield forbidden('spec.LoadBalancerSourceRanges', only)
  if (!isBalancer && isSet(spec.allocateLoadBalancerNodePorts)) yield forbidden('spec.allocateLoadBalancerNodePorts', only)
  if (!isSet(spec.loadBalancerClass)) return
  if (isBalancer) yield* named(qualifiedName, spec.loadBalancerClass, 'spec.loadBalancerClass')
  else yield forbidden('spec.loadBalancerClass', only)
}

function* trafficErrors(spec: Fields): Errors {
  const policy = text(spec.externalTrafficPolicy)
  const reachable = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.type === 'ClusterIP' && size(spec.externalIPs) > 0)
  if (!reachable && policy !== '') yield invalid('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services')
  if (reachable) yield* requiredOneOf(policy, ['Cluster', 'Local'], 'spec.externalTrafficPolicy')
  const needsHealth = spec.type === 'LoadBalancer' && policy === 'Local'
  const because = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
  if (!needsHealth && number(spec.healthCheckNodePort) !== 0) yield invalid('spec.healthCheckNodePort', spec.healthCheckNodePort, because)
  if (isSet(spec.internalTrafficPolicy)) yield* oneOf(spec.internalTrafficPolicy, ['Cluster', 'Local'], 'spec.internalTrafficPolicy')
  if (isSet(spec.trafficDistribution)) yield* oneOf(spec.trafficDistribution, ['PreferClose'], 'spec.trafficDistribution')
}

/** The first address and the first family stay, unless the type changes from or to ExternalName. */
function* changeErrors(spec: Fields, old: Fields): Errors {
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName') {
    const [address, before] = [texts(spec.clusterIPs), texts(old.clusterIPs)]
    if (before.length > 0 && address[0] !== before[0]) yield invalid('spec.clusterIPs[0]', address, 'may not change once set')
    const [families, were] = [texts(spec.ipFamilies), texts(old.ipFamilies)]
    if (were.length > 0 && families[0] !== were[0]) yield invalid('spec.ipFamilies[0]', families, 'may not change once set')
  }
  const bothBalance = spec.type === 'LoadBalancer' && old.type === 'LoadBalancer'
  if (bothBalance && !sameValue(spec.loadBalancerClass, old.loadBalancerClass)) {
    yield invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set')
  }
}
