import { parseQuantity } from '../../../api/quantity.ts'
import type { Unstructured } from '../../unstructured.ts'
import { type Fields, fields, isFields, isSet, items, number, size, text } from './fields.ts'
import { dnsLabel } from './names.ts'

/** What is accepted, but better avoided, in the real server's words. */

type Warnings = Iterable<string>

/** Of a name that pods and their hosts are called by. */
export function* nameWarnings({ metadata }: Unstructured, used: string): Warnings {
  const wrong = dnsLabel(metadata.name)
  const because = 'which can result in surprising behavior; a DNS label is recommended'
  if (wrong.length > 0) yield `metadata.name: this is used in ${used}, ${because}: [${wrong.join(' ')}]`
}

const oldNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}

/** `path` is the spec's: `spec`, or `spec.template.spec`. */
export function* podSpecWarnings(spec: Fields, path: string): Warnings {
  for (const key of Object.keys(fields(spec.nodeSelector))) if (key in oldNodeLabels) yield `${path}.nodeSelector[${key}]: ${oldNodeLabels[key]}`
  for (const [index, { labelSelector }] of items(spec.topologySpreadConstraints).entries()) {
    if (!isSet(labelSelector)) yield `${path}.topologySpreadConstraints[${index}].labelSelector: a null labelSelector results in matching no pod`
  }
  yield* repeated(items(spec.hostAliases), 'ip', `${path}.hostAliases`)
  yield* repeated(items(spec.imagePullSecrets), 'name', `${path}.imagePullSecrets`)
  for (const [index, { name }] of items(spec.imagePullSecrets).entries()) {
    if (text(name) === '') yield `${path}.imagePullSecrets[${index}].name: invalid empty name ""`
  }
  const containers = [...named(spec, 'initContainers', path), ...named(spec, 'containers', path)]
  for (const { container, at } of containers) {
    yield* fractionWarnings(fields(container.resources), at)
    yield* variableWarnings(items(container.env), at)
  }
  yield* portWarnings(containers)
  const negative = 'must be >= 0; negative values are invalid and will be treated as 1'
  if (number(spec.terminationGracePeriodSeconds) < 0) yield `${path}.terminationGracePeriodSeconds: ${negative}`
}

type Named = { readonly container: Fields; readonly at: string }

function named(spec: Fields, field: string, path: string): readonly Named[] {
  return items(spec[field]).map((container, index) => ({ container, at: `${path}.${field}[${index}]` }))
}

function* repeated(each: readonly Fields[], field: string, path: string): Warnings {
  const seen = new Set<string>()
  for (const [index, one] of each.entries()) {
    const value = text(one[field])
    if (seen.has(value)) yield `${path}[${index}].${field}: duplicate ${field} ${JSON.stringify(value)}`
    seen.add(value)
  }
}

function* fractionWarnings(resources: Fields, at: string): Warnings {
  for (const name of ['memory', 'ephemeral-storage']) {
    for (const which of ['limits', 'requests']) {
      const value = text(fields(resources[which])[name])
      const isWhole = (parseQuantity(value)?.nanos ?? 0n) % 1_000_000_000n === 0n
      if (!isWhole) yield `${at}.resources.${which}[${name}]: fractional byte value ${JSON.stringify(value)} is invalid, must be an integer`
    }
  }
}

function* variableWarnings(variables: readonly Fields[], at: string): Warnings {
  const seen = new Set<string>()
  for (const [index, { name, value, valueFrom }] of variables.entries()) {
    const reference = `$(${text(name)})`
    const hides = isSet(valueFrom) || text(value) === reference || !text(value).includes(reference)
    if (seen.has(text(name)) && hides) {
      yield `${at}.env[${index}]: hides previous definition of ${JSON.stringify(text(name))}, which may be dropped when using apply`
    }
    seen.add(text(name))
  }
}

function* portWarnings(containers: readonly Named[]): Warnings {
  const ports = containers.flatMap(({ container, at }) => items(container.ports).map((port, index) => ({ port, at: `${at}.ports[${index}]` })))
  for (const [index, { port, at }] of ports.entries()) {
    const before = ports.slice(0, index).filter((other) => other.port.containerPort === port.containerPort && other.port.protocol === port.protocol)
    for (const other of before) {
      const same = text(port.hostIP) === text(other.port.hostIP) && number(port.hostPort) === number(other.port.hostPort)
      const open = number(port.hostPort) === 0 || number(other.port.hostPort) === 0
      if (same) yield `${at}: duplicate port definition with ${other.at}`
      else if (open) yield `${at}: overlapping port definition with ${other.at}`
    }
  }
  const names = new Map<string, string>()
  for (const { port, at } of ports) {
    const name = text(port.name)
    const first = names.get(name)
    const because = `services and probes that select ports by name will use ${first}`
    if (name !== '' && first !== undefined) yield `${at}: duplicate port name ${JSON.stringify(name)} with ${first}, ${because}`
    else names.set(name, at)
  }
}

export function* templateWarnings(template: unknown, path: string): Warnings {
  yield* podSpecWarnings(fields(fields(template).spec), `${path}.spec`)
}

export function* serviceWarnings(service: Unstructured): Warnings {
  const spec = fields(service.spec)
  const headless = spec.type === 'ClusterIP' && spec.clusterIP === 'None'
  if (headless && text(spec.loadBalancerIP) !== '') yield 'spec.loadBalancerIP is ignored for headless services'
  if (headless && size(spec.externalIPs) > 0) yield 'spec.externalIPs is ignored for headless services'
  if (headless && spec.sessionAffinity !== 'None') yield 'spec.SessionAffinity is ignored for headless services'
  const byName = spec.type === 'ExternalName'
  if (byName && size(spec.externalIPs) > 0) yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
  if (!byName && text(spec.externalName) !== '') yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
}

export function* ingressWarnings({ metadata, spec }: Unstructured): Warnings {
  const key = 'kubernetes.io/ingress.class'
  const isOld = metadata.annotations?.[key] !== undefined && !isSet(fields(spec).ingressClassName)
  if (isOld) yield `annotation "${key}" is deprecated, please use 'spec.ingressClassName' instead`
}

/** A pair of texts that is none; whether they belong together is not looked at. */
export function* tlsWarnings({ type, data }: Unstructured): Warnings {
  if (type !== 'kubernetes.io/tls') return
  const has = (key: string, what: RegExp): boolean => what.test(Buffer.from(text(fields(data)[key]), 'base64').toString('latin1'))
  if (!has('tls.crt', /-----BEGIN CERTIFICATE-----/)) yield 'tls: failed to find any PEM data in certificate input'
  else if (!has('tls.key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/)) yield 'tls: failed to find any PEM data in key input'
}

/** Whether a change is one that is warned of: a template that stays has been told of before. */
export function isChanged(value: unknown, old: Unstructured | undefined, read: (object: Unstructured) => unknown): boolean {
  return old === undefined || !isFields(value) || JSON.stringify(value) !== JSON.stringify(read(old))
}
