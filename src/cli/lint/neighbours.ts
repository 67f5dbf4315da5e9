import type { Service } from '../../api/services.ts'
import { type Templates, templateKey } from '../../core/analysis/validate/use.ts'
import { at } from '../../core/spec/field.ts'
import { isObject, type Manifest } from './manifests.ts'

/** What else the files hold, by name; of other namespaces nothing. */
export type Neighbours = {
  readonly services: ReadonlyMap<string, Service>
  /** By the Services that they name: Rollouts that stand before. */
  readonly claimedBy: ReadonlyMap<string, string>
  readonly ingresses: ReadonlyMap<string, Ingress>
  readonly templates: Templates
}
export type Ingress = { readonly className: string | undefined; readonly services: readonly string[] }

function field(value: unknown, ...path: readonly (string | number)[]): unknown {
  return at({ path: [], value }, ...path).value
}

function nameOf(value: unknown): string | undefined {
  const name = field(value, 'metadata', 'name')
  return typeof name === 'string' ? name : undefined
}

function namespaceOf({ value }: Manifest): string {
  const namespace = field(value, 'metadata', 'namespace')
  return typeof namespace === 'string' ? namespace : ''
}

function servicesNamed(value: unknown): readonly string[] {
  if (field(value, 'kind') !== 'Rollout') return []
  const names = [
    ...['stableService', 'canaryService'].map((name) => field(value, 'spec', 'strategy', 'canary', name)),
    ...['activeService', 'previewService'].map((name) => field(value, 'spec', 'strategy', 'blueGreen', name)),
  ]
  return names.filter((name) => typeof name === 'string' && name !== '') as readonly string[]
}

/** What has no namespace is given one when it is applied: it may be any. */
function isBeside(one: Manifest, other: Manifest): boolean {
  const [a, b] = [namespaceOf(one), namespaceOf(other)]
  return a === b || a === '' || b === ''
}

export function neighboursOf(manifest: Manifest, index: number, manifests: readonly Manifest[]): Neighbours {
  const services = new Map<string, Service>()
  const ingresses = new Map<string, Ingress>()
  const templates = new Map<string, unknown>()
  const claimedBy = new Map<string, string>()
  for (const [at, other] of manifests.entries()) {
    const name = nameOf(other.value)
    const kind = field(other.value, 'kind')
    if (name === undefined) continue
    if (kind === 'ClusterAnalysisTemplate') templates.set(templateKey(name, true), other.value)
    if (!isBeside(manifest, other)) continue
    if (kind === 'AnalysisTemplate') templates.set(templateKey(name, false), other.value)
    if (kind === 'Service') services.set(name, { ...(other.value as Service), metadata: { ...metadataOf(other.value), name } })
    if (kind === 'Ingress') ingresses.set(name, ingressOf(other.value))
    if (at < index) for (const service of servicesNamed(other.value)) if (!claimedBy.has(service)) claimedBy.set(service, name)
  }
  return { services, ingresses, templates, claimedBy }
}

/** Files may hold anything: only annotations that are texts. */
function metadataOf(value: unknown): { readonly annotations: Readonly<Record<string, string>> } {
  const annotations = field(value, 'metadata', 'annotations')
  const texts = isObject(annotations) ? Object.entries(annotations).filter(([, text]) => typeof text === 'string') : []
  return { annotations: Object.fromEntries(texts) as Readonly<Record<string, string>> }
}

function ingressOf(value: unknown): Ingress {
  const className = field(value, 'spec', 'ingressClassName')
  const rules = field(value, 'spec', 'rules')
  const paths = (Array.isArray(rules) ? rules : []).flatMap((rule: unknown) => {
    const listed = field(rule, 'http', 'paths')
    return Array.isArray(listed) ? (listed as readonly unknown[]) : []
  })
  const names = [field(value, 'spec', 'defaultBackend', 'service', 'name'), ...paths.map((path) => field(path, 'backend', 'service', 'name'))]
  return {
    className: typeof className === 'string' ? className : undefined,
    services: names.filter((name) => typeof name === 'string'),
  }
}
