import type { Container, EnvVarSource, ResourceList } from '../../../api/container.ts'
import type { Pod } from '../../../api/pod.ts'
import { parseQuantity } from '../../../api/quantity.ts'

/** What a pod can be told of itself. */
export type PodFacts = {
  readonly pod: Pod
  readonly nodeName: string
  readonly hostIp: string
  readonly podIp: string
  /** What a container has that asks for no limit. */
  readonly allocatable: ResourceList
}

type FieldRef = NonNullable<EnvVarSource['fieldRef']>
type ResourceRef = NonNullable<EnvVarSource['resourceFieldRef']>

/** The value of a field of the pod; undefined where there is no such field. */
export function fieldValue({ fieldPath }: FieldRef, { pod, nodeName, hostIp, podIp }: PodFacts): string | undefined {
  const { metadata, spec } = pod
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath)
  if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return listed(metadata.labels)
    case 'metadata.annotations':
      return listed(metadata.annotations)
    case 'spec.nodeName':
      return nodeName
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return hostIp
    case 'status.podIP':
    case 'status.podIPs':
      return podIp
    default:
      return undefined
  }
}

function listed(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}

/** In whole divisors, rounded up. Undefined where the resource is none that containers have. */
export function resourceValue(
  { resource, divisor }: ResourceRef,
  container: Pick<Container, 'resources'> | undefined,
  { allocatable }: PodFacts,
): string | undefined {
  const [kind, name] = splitAtFirst(resource)
  if ((kind !== 'limits' && kind !== 'requests') || name === '') return undefined
  const asked = container?.resources?.[kind]?.[name] ?? (kind === 'limits' ? allocatable[name] : '0')
  const amount = parseQuantity(asked ?? '0')?.nanos ?? 0n
  const parsed = parseQuantity(divisor ?? '0')?.nanos ?? 0n
  const unit = parsed === 0n ? 1_000_000_000n : parsed
  return String((amount + unit - 1n) / unit)
}

function splitAtFirst(text: string): readonly [string, string] {
  const at = text.indexOf('.')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
