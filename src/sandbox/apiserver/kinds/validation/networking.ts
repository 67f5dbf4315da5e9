import type { Unstructured } from '../../../unstructured.ts'
import { immutable, invalid, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, size, text, texts } from '../fields.ts'
import { selectorErrors } from '../metadata.ts'
import { dnsSubdomain, portName, serviceLabel, type TextRule, wildcardSubdomain } from '../names.ts'
import { type Errors, isIp, named, oneOf, portNumberErrors, portReference, requiredName } from './rules.ts'
import { balancerStatusErrors } from './services.ts'

const classAnnotation = 'kubernetes.io/ingress.class'

export function* ingressErrors(ingress: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(ingress.spec)
  const nothing = 'either `defaultBackend` or `rules` must be specified'
  if (size(spec.rules) === 0 && !isFields(spec.defaultBackend)) yield invalid('spec', null, nothing)
  if (isFields(spec.defaultBackend)) yield* backendErrors(spec.defaultBackend, 'spec.defaultBackend')
  for (const [index, rule] of items(spec.rules).entries()) yield* ruleErrors(rule, `spec.rules[${index}]`)
  for (const [index, { hosts, secretName }] of items(spec.tls).entries()) {
    for (const [each, host] of texts(hosts).entries()) yield* named(hostRule(host), host, `spec.tls[${index}].hosts[${each}]`)
    if (text(secretName) !== '') yield* named(dnsSubdomain, secretName, `spec.tls[${index}].secretName`)
  }
  if (isSet(spec.ingressClassName)) yield* named(dnsSubdomain, spec.ingressClassName, 'spec.ingressClassName')
  const annotated = ingress.metadata.annotations?.[classAnnotation]
  const because = 'must match `ingressClassName` when both are specified'
  const differs = annotated !== undefined && isSet(spec.ingressClassName) && annotated !== spec.ingressClassName
  if (old !== undefined) yield* balancerStatusErrors(fields(ingress.status).loadBalancer, 'status.loadBalancer')
  if (old === undefined && differs) yield invalid(`annotations.${classAnnotation}`, annotated, because)
}

function hostRule(host: string): TextRule {
  return host.includes('*') ? wildcardSubdomain : dnsSubdomain
}

function* ruleErrors({ host, http }: Fields, path: string): Errors {
  const name = text(host)
  if (name !== '') {
    if (isIp(name)) yield invalid(`${path}.host`, name, 'must be a DNS name, not an IP address')
    yield* named(hostRule(name), name, `${path}.host`)
  }
  if (!isFields(http)) return
  if (size(http.paths) === 0) yield required(`${path}.http.paths`)
  for (const [index, each] of items(http.paths).entries()) yield* pathErrors(each, `${path}.http.paths[${index}]`)
}

const forbiddenSequences = ['//', '/./', '/../', '%2f', '%2F']
const forbiddenEnds = ['/..', '/.']

function* pathErrors({ path, pathType, backend }: Fields, at: string): Errors {
  if (!isSet(pathType)) return yield required(`${at}.pathType`, 'pathType must be specified')
  const asked = text(path)
  const isRelative = !asked.startsWith('/')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (isRelative) yield invalid(`${at}.path`, asked, 'must be an absolute path')
    for (const each of forbiddenSequences) if (asked.includes(each)) yield invalid(`${at}.path`, asked, `must not contain '${each}'`)
    for (const each of forbiddenEnds) if (asked.endsWith(each)) yield invalid(`${at}.path`, asked, `cannot end with '${each}'`)
  } else if (pathType === 'ImplementationSpecific') {
    if (asked !== '' && isRelative) yield invalid(`${at}.path`, asked, 'must be an absolute path')
  } else yield* oneOf(pathType, ['Exact', 'ImplementationSpecific', 'Prefix'], `${at}.pathType`)
  yield* backendErrors(fields(backend), `${at}.backend`)
}

function* backendErrors({ resource, service }: Fields, path: string): Errors {
  if (isFields(resource) && isFields(service)) return yield invalid(path, '', 'cannot set both resource and service backends')
  if (isFields(resource)) {
    for (const field of ['kind', 'name']) if (text(resource[field]) === '') yield required(`${path}.resource.${field}`)
  } else if (isFields(service)) {
    yield* requiredName(serviceLabel, service.name, `${path}.service.name`)
    const { name, number: port } = fields(service.port)
    if (text(name) !== '' && number(port) !== 0) yield invalid(path, '', 'cannot set both port name & port number')
    else if (text(name) !== '') yield* named(portName, name, `${path}.service.port.name`)
    else if (number(port) !== 0) yield* portNumberErrors(port, `${path}.service.port.number`)
    else yield required(path, 'port name or number is required')
  } else yield invalid(path, '', 'resource or service backend is required')
}

export function* ingressClassErrors(ingressClass: Unstructured, old: Unstructured | undefined): Errors {
  const { controller, parameters } = fields(ingressClass.spec)
  if (old !== undefined) yield* immutable('spec.controller', controller, fields(old.spec).controller)
  const valid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/
  if (text(controller) === '') yield required('spec.controller')
  else if (!valid.test(text(controller))) yield invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')
  if (!isFields(parameters)) return
  for (const field of ['kind', 'name']) if (text(parameters[field]) === '') yield required(`spec.parameters.${field}`)
}

export function* networkPolicyErrors(policy: Unstructured): Errors {
  const spec = fields(policy.spec)
  yield* selectorErrors(spec.podSelector, 'spec.podSelector')
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of items(spec[direction]).entries()) {
      const at = `spec.${direction}[${index}]`
      for (const [each, port] of items(rule.ports).entries()) yield* policyPortErrors(port, `${at}.ports[${each}]`)
      for (const [each, peer] of items(rule[peers]).entries()) yield* peerErrors(peer, `${at}.${peers}[${each}]`)
    }
  }
  for (const [index, type] of texts(spec.policyTypes).entries()) yield* oneOf(type, ['Ingress', 'Egress'], `spec.policyTypes[${index}]`)
}

function* policyPortErrors({ port, protocol }: Fields, path: string): Errors {
  if (isSet(protocol)) yield* oneOf(protocol, ['TCP', 'UDP', 'SCTP'], `${path}.protocol`)
  if (isSet(port)) yield* portReference(port, `${path}.port`)
}

function* peerErrors({ podSelector, namespaceSelector, ipBlock }: Fields, path: string): Errors {
  if (isFields(podSelector)) yield* selectorErrors(podSelector, `${path}.podSelector`)
  if (isFields(namespaceSelector)) yield* selectorErrors(namespaceSelector, `${path}.namespaceSelector`)
  if (isFields(ipBlock) && text(ipBlock.cidr) === '') yield required(`${path}.ipBlock.cidr`)
  if (!isFields(podSelector) && !isFields(namespaceSelector) && !isFields(ipBlock)) yield required(path, 'must specify a peer')
}
