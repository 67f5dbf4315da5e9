/** The headless Services that make a version's pods visible by themselves, whatever users' Services select. */
import { componentLabel, podTemplateHashLabel, rolloutLabel } from '../../api/rolloutLabels.ts'
import type { Service, ServicePort } from '../../api/services.ts'
import type { VersionSet, View } from './view.ts'

const longestName = 63

/** That of the ReplicaSet, as a Service may be called: a letter first, no dots, 63 characters, the hash kept. */
export function backendServiceName({ metadata }: { readonly metadata: { readonly name: string } }, hash: string): string {
  const base = metadata.name.replace(/[^a-z0-9-]/g, '-').replace(/^(?=[^a-z])/, 's')
  const whole = `${base}-${hash}`
  if (whole.length <= longestName) return whole
  return `${base.slice(0, longestName - hash.length - 1).replace(/-+$/, '')}-${hash}`
}

/** Undefined while no entry Service exists whose ports it could have. */
export function backendServiceFor(view: View, { set, hash }: VersionSet, entryServices: readonly string[]): Service | undefined {
  const ports = portsOf(view, entryServices)
  if (ports.length === 0) return undefined
  const { metadata } = view.rollout
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: backendServiceName(view.rollout, hash),
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
      labels: { [componentLabel]: 'backend', [rolloutLabel]: rolloutLabelValue(metadata.name), [podTemplateHashLabel]: hash },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: set.metadata.name,
          uid: set.metadata.uid ?? '',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { clusterIP: 'None', selector: { ...set.spec.selector?.matchLabels, [podTemplateHashLabel]: hash }, ports },
  }
}

/** A label holds 63 characters; a name may have more. */
export function rolloutLabelValue(name: string): string {
  return name.length <= longestName ? name : name.slice(0, longestName).replace(/[^a-zA-Z0-9]+$/, '')
}

/** Of all entry Services, each port once: by name, or by number and protocol where it has none. */
function portsOf({ observed }: View, names: readonly string[]): readonly ServicePort[] {
  const ports = new Map<string, ServicePort>()
  const taken = new Set<string>()
  for (const name of names)
    for (const { nodePort: _, ...port } of observed.services.get(name)?.spec.ports ?? []) {
      const number = `${port.port}/${port.protocol ?? 'TCP'}`
      const key = port.name ?? number
      if (ports.has(key) || taken.has(number)) continue
      ports.set(key, port)
      taken.add(number)
    }
  // Among several, each port must have a name.
  const all = [...ports.values()]
  return all.length < 2 ? all : all.map((port) => ({ ...port, name: port.name ?? `port-${port.port}` }))
}

export function isSameService({ spec }: Service, wanted: Service): boolean {
  return JSON.stringify(shapeOf(spec)) === JSON.stringify(shapeOf(wanted.spec))
}

function shapeOf({ selector = {}, ports = [] }: Service['spec']): unknown {
  return [
    Object.entries(selector).sort(([a], [b]) => (a < b ? -1 : 1)),
    ports.map(({ name = '', protocol = 'TCP', port, targetPort = port, appProtocol = '' }) => [
      name,
      protocol,
      port,
      String(targetPort),
      appProtocol,
    ]),
  ]
}
