import { duplicate, forbidden, invalid, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, size, text, texts } from '../fields.ts'
import { annotationErrors, labelErrors } from '../metadata.ts'
import { dnsLabel, dnsSubdomain, inRange, qualifiedName } from '../names.ts'
import { containerListErrors, podSecurityErrors } from './containers.ts'
import { requirementErrors } from './resources.ts'
import { type Errors, ipErrors, named, oneOf, requiredOneOf } from './rules.ts'
import { affinityErrors, spreadErrors, tolerationErrors } from './scheduling.ts'
import { checkedVolumes } from './volumes.ts'

export type Holder = 'pod' | 'template'

/** Of a `PodTemplateSpec`. */
export function* templateErrors(template: Fields, path: string): Errors {
  const { labels, annotations } = fields(template.metadata)
  yield* labelErrors(labels, `${path}.labels`)
  yield* annotationErrors(annotations, `${path}.annotations`)
  yield* podSpecErrors(fields(template.spec), `${path}.spec`, 'template')
  const because = 'ephemeral containers not allowed in pod template'
  if (size(fields(template.spec).ephemeralContainers) > 0) yield forbidden(`${path}.spec.ephemeralContainers`, because)
}

const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
const largestInt32 = 2 ** 31 - 1

export function* podSpecErrors(spec: Fields, path: string, holder: Holder): Errors {
  const volumes = checkedVolumes(items(spec.volumes), `${path}.volumes`)
  yield* volumes.errors
  yield* containerListErrors(spec, path, { volumes: volumes.names, graceSeconds: spec.terminationGracePeriodSeconds })
  if (isFields(spec.resources)) yield* requirementErrors(spec.resources, `${path}.resources`)
  if (spec.hostNetwork === true) yield* hostNetworkErrors(items(spec.containers), `${path}.containers`, holder)
  yield* requiredOneOf(spec.restartPolicy, restartPolicies, `${path}.restartPolicy`)
  yield* requiredOneOf(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`)
  yield* labelErrors(spec.nodeSelector, `${path}.nodeSelector`)
  yield* podSecurityErrors(fields(spec.securityContext), `${path}.securityContext`)
  if (isFields(spec.affinity)) yield* affinityErrors(spec.affinity, `${path}.affinity`)
  yield* dnsErrors(spec, `${path}.dnsConfig`)
  for (const [index, gate] of items(spec.readinessGates).entries()) {
    yield* named(qualifiedName, gate.conditionType, `${path}.readinessGates[${index}].conditionType`)
  }
  yield* schedulingGateErrors(items(spec.schedulingGates), `${path}.schedulingGates`)
  yield* spreadErrors(items(spec.topologySpreadConstraints), `${path}.topologySpreadConstraints`)
  yield* scalarErrors(spec, path)
  yield* tolerationErrors(items(spec.tolerations), `${path}.tolerations`)
  yield* hostAliasErrors(items(spec.hostAliases), `${path}.hostAliases`)
  for (const field of ['priorityClassName', 'runtimeClassName'])
    if (text(spec[field]) !== '') yield* named(dnsSubdomain, spec[field], `${path}.${field}`)
  if (isSet(spec.preemptionPolicy)) yield* requiredOneOf(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${path}.preemptionPolicy`)
  if (isFields(spec.os)) yield* oneOf(spec.os.name, ['linux', 'windows'], `${path}.os`)
}

function* scalarErrors(spec: Fields, path: string): Errors {
  for (const field of ['serviceAccountName', 'nodeName']) if (text(spec[field]) !== '') yield* named(dnsSubdomain, spec[field], `${path}.${field}`)
  const deadline = spec.activeDeadlineSeconds
  if (isSet(deadline)) yield* inRange(number(deadline), 1, largestInt32).map((message) => invalid(`${path}.activeDeadlineSeconds`, deadline, message))
  for (const field of ['hostname', 'subdomain']) if (text(spec[field]) !== '') yield* named(dnsLabel, spec[field], `${path}.${field}`)
}

/** Of a template, the host's port may be left out: it is written when the pod is made. */
function* hostNetworkErrors(containers: readonly Fields[], path: string, holder: Holder): Errors {
  for (const [index, { ports }] of containers.entries()) {
    for (const [each, { hostPort, containerPort }] of items(ports).entries()) {
      const isLeftOut = holder === 'template' && number(hostPort) === 0
      const because = 'must match `containerPort` when `hostNetwork` is true'
      if (!isLeftOut && number(hostPort) !== number(containerPort))
        yield invalid(`${path}[${index}].ports[${each}].hostPort`, number(hostPort), because)
    }
  }
}

function* dnsErrors({ dnsConfig, dnsPolicy }: Fields, path: string): Errors {
  const { nameservers, searches, options } = fields(dnsConfig)
  if (dnsPolicy === 'None' && !isFields(dnsConfig)) return yield required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')
  if (dnsPolicy === 'None' && size(nameservers) === 0) {
    return yield required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')
  }
  if (size(nameservers) > 3) yield invalid(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers')
  for (const [index, server] of texts(nameservers).entries()) yield* ipErrors(server, `${path}.nameservers[${index}]`)
  if (size(searches) > 32) yield invalid(`${path}.searches`, searches, 'must not have more than 32 search paths')
  for (const [index, { name }] of items(options).entries()) if (text(name) === '') yield required(`${path}.options[${index}]`, 'must not be empty')
}

function* schedulingGateErrors(gates: readonly Fields[], path: string): Errors {
  const names = new Set<string>()
  for (const [index, { name }] of gates.entries()) {
    yield* named(qualifiedName, name, `${path}[${index}]`)
    if (names.has(text(name))) yield duplicate(`${path}[${index}]`, name)
    names.add(text(name))
  }
}

function* hostAliasErrors(aliases: readonly Fields[], path: string): Errors {
  for (const [index, { ip, hostnames }] of aliases.entries()) {
    yield* ipErrors(ip, `${path}[${index}].ip`)
    for (const [each, name] of texts(hostnames).entries()) yield* named(dnsSubdomain, name, `${path}[${index}].hostnames[${each}]`)
  }
}
