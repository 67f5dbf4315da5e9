import {
  defaultClassAnnotation,
  type Ingress,
  type IngressBackend,
  type IngressClass,
  type IngressPath,
  type IngressTls,
  ingressClassAnnotation,
} from '../../../api/ingress.ts'
import { edgeIngressController } from '../../../api/rolloutLabels.ts'
import { type Complaint, hostComplaint, pathComplaint, shown } from '../../../core/routing/names.ts'
import type { Route } from '../../../core/routing/types.ts'

/** Ours, and that of another controller's Ingresses which move here. */
const redirectAnnotation = 'spillway.dev/redirect-https'
const forceRedirectAnnotation = 'nginx.ingress.kubernetes.io/force-ssl-redirect'

/** A port of a Service as an Ingress writes it. */
export type ServicePortRef = { readonly namespace: string; readonly service: string; readonly port: string | number }

/** A host and path, and where an Ingress wants them to lead. */
export type IngressRoute = {
  readonly route: Omit<Route, 'split'>
  readonly to: ServicePortRef
  /** Where it stands. */
  readonly field: string
  /** For what no rule matches: yields to every rule for the same host and path. */
  readonly isDefault: boolean
}
export type FieldRefusal = Complaint & { readonly field: string }
export type IngressRules = { readonly routes: readonly IngressRoute[]; readonly refused: readonly FieldRefusal[] }

export type ClassChoice = {
  /** The name by which Ingresses name this edge. */
  readonly className: string
  /** An IngressClass of that name belongs to somebody else. */
  readonly isForeign: boolean
  /** Ingresses without a class are ours as well. */
  readonly isDefault: boolean
}

export function classChoiceOf(className: string, classes: Iterable<IngressClass>): ClassChoice {
  for (const { metadata, spec } of classes)
    if (metadata.name === className) {
      const isForeign = spec?.controller !== edgeIngressController
      return { className, isForeign, isDefault: !isForeign && metadata.annotations?.[defaultClassAnnotation] === 'true' }
    }
  // Without the object the name alone counts, as it did before there were such objects.
  return { className, isForeign: false, isDefault: false }
}

export function isOurs({ metadata, spec }: Ingress, { className, isForeign, isDefault }: ClassChoice): boolean {
  if (isForeign) return false
  const named = spec?.ingressClassName ?? metadata.annotations?.[ingressClassAnnotation]
  return named === undefined ? isDefault : named === className
}

/**
 * What an Ingress says, without a look at anything else. What is wrong with a part of it takes that part out, and no other. `redirectHttps`: of hosts
 * that it has certificates for, where it does not say otherwise.
 */
export function rulesOf({ metadata: { namespace = '', annotations = {} }, spec }: Ingress, redirectHttps: boolean): IngressRules {
  const wantsHttps = redirectOf(annotations) ?? (redirectHttps ? secured(spec?.tls ?? []) : () => false)
  const routes: IngressRoute[] = []
  const refused: FieldRefusal[] = []
  const add = (wanted: Omit<IngressRoute, 'to'>, backend: IngressBackend, backendField: string): void => {
    const to = targetOf(namespace, backend)
    if ('message' in to) refused.push({ field: backendField, ...to })
    else routes.push({ ...wanted, route: { ...wanted.route, ...(wantsHttps(wanted.route.host ?? '') && { httpsOnly: true }) }, to })
  }
  const standIn = spec?.defaultBackend
  for (const [r, { host = '', http }] of (spec?.rules ?? []).entries()) {
    const field = `spec.rules[${r}]`
    const complaint = host === '' ? undefined : hostComplaint(host)
    if (complaint !== undefined) {
      refused.push({ field: `${field}.host`, ...complaint })
      continue
    }
    if (http === undefined) {
      if (standIn !== undefined && host !== '') add({ route: everything(host), field, isDefault: true }, standIn, 'spec.defaultBackend')
      continue
    }
    for (const [p, path] of http.paths.entries()) {
      const place = `${field}.http.paths[${p}]`
      const wrong = pathTrouble(path)
      if (wrong !== undefined) refused.push({ field: `${place}.path`, ...wrong })
      else add({ route: { ...everything(host), ...matchOf(path) }, field: place, isDefault: false }, path.backend, `${place}.backend`)
    }
  }
  if (standIn !== undefined) add({ route: everything(''), field: 'spec.defaultBackend', isDefault: true }, standIn, 'spec.defaultBackend')
  return { routes, refused }
}

/** `true` or `false`; undefined: it says nothing. */
function redirectOf(annotations: Readonly<Record<string, string>>): ((host: string) => boolean) | undefined {
  const said = annotations[redirectAnnotation] ?? annotations[forceRedirectAnnotation]
  return said === 'true' || said === 'false' ? () => said === 'true' : undefined
}

function secured(tls: readonly IngressTls[]): (host: string) => boolean {
  const hosts = new Set(tls.flatMap((each) => each.hosts ?? []))
  const isAny = tls.some((each) => (each.hosts ?? []).length === 0)
  return (host) => isAny || hosts.has(host) || hosts.has(host.replace(/^[^.]+/, '*'))
}

function everything(host: string): Omit<Route, 'split'> {
  return { ...(host !== '' && { host, ...(host.startsWith('*.') && { oneLabel: true }) }), path: '/', pathType: 'Prefix' }
}

function matchOf({ path = '', pathType }: IngressPath): Pick<Route, 'path' | 'pathType'> {
  return { path: path === '' ? '/' : path, pathType: pathType === 'Exact' ? 'Exact' : 'Prefix' }
}

/** What other controllers take for a regular expression, and we would take by its letters: better told than never matched. */
const pattern = /[*()[\]|^$\\]/

function pathTrouble({ path = '', pathType }: IngressPath): Complaint | undefined {
  if (pathType === 'ImplementationSpecific' && pattern.test(path))
    return { message: `${shown(path)} looks like a regular expression, which paths are not here`, fix: 'write prefixes, with pathType Prefix' }
  return path === '' && pathType !== 'Exact' ? undefined : pathComplaint(path)
}

function targetOf(namespace: string, { service, resource }: IngressBackend): ServicePortRef | Complaint {
  if (service === undefined)
    return { message: `${shown(resource?.kind ?? 'nothing')} is no backend that can be served`, fix: 'name a Service and its port' }
  const port = service.port?.name || service.port?.number
  if (port === undefined || port === 0) return { message: `no port of ${service.name} is named`, fix: 'write port.name or port.number' }
  return { namespace, service: service.name, port }
}
