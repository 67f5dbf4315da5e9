import type { Ingress } from '../../../api/ingress.ts'
import type { EndpointSlice, Service } from '../../../api/services.ts'
import type { TrafficSplit } from '../../../api/trafficSplit.ts'
import { sameData } from '../../../core/routing/delta.ts'
import type { CompileRegex, Route, Routing, Split } from '../../../core/routing/types.ts'
import { routeKey } from '../../../core/routing/validate.ts'
import type { ServedSplit } from '../../config.ts'
import { byAge, type ClusterView, type Refusal } from './cluster.ts'
import { type ClassChoice, classChoiceOf, type IngressRoute, type IngressRules, isOurs, rulesOf, type ServicePortRef } from './ingressRules.ts'
import { endpointsAt, portNames, servicePort } from './serviceEndpoints.ts'
import { hostsOfServices } from './serviceHosts.ts'
import { type Planned, planOf, type ServicePlan, type SplitPlan } from './splitPlan.ts'

export type TableOptions = {
  /** By which Ingresses name this edge. */
  readonly ingressClass: string
  /** In-cluster clients reach entry Services by their DNS names: the cluster's domain. Absent: they do not. */
  readonly serviceDomain?: string | undefined
  readonly keyFile?: string | undefined
  readonly compileRegex: CompileRegex
}

export type Table = {
  readonly routing: Routing
  readonly trafficSplits: readonly ServedSplit[]
  readonly refusals: readonly Refusal[]
  readonly ingresses: readonly Ingress[]
  readonly memory: Memory
}

/** What the next table is made from without making it anew. */
type Memory = {
  readonly rules: WeakMap<Ingress, IngressRules>
  readonly routes: WeakMap<IngressRoute, Route>
  /** By `namespace/name` of a TrafficSplit. `good`: the latest that can be served. */
  readonly plans: ReadonlyMap<string, Judged>
  readonly splits: ReadonlyMap<string, Made>
}
type Judged = {
  readonly object: TrafficSplit
  readonly good: SplitPlan | undefined
  readonly refused: { readonly field: string; readonly message: string } | undefined
}
/** A split, and all that it was made from. */
type Made = { readonly from: readonly unknown[]; readonly split: Split }
type Claims = ReadonlyMap<string, { readonly plan: ServicePlan; readonly owner: SplitPlan }>

/** What the cluster asks of this edge. Whatever is wrong with an object refuses that object, or the part of it that is wrong, and nothing else. */
export function compileTable(view: ClusterView, options: TableOptions, before: Table | undefined): Table {
  const refusals: Refusal[] = []
  const rules = before?.memory.rules ?? new WeakMap<Ingress, IngressRules>()
  const routeMemory = before?.memory.routes ?? new WeakMap<IngressRoute, Route>()
  const choice = classChoiceOf(options.ingressClass, view.ingressClasses)
  const ingresses = ingressesOf(view, choice)
  const judged = judge(view, options, before?.memory.plans ?? new Map())
  const claims = claimsOf(judged, refusals)
  const wanted = wantedRoutes({ ingresses, rules, refusals })
  if (options.serviceDomain !== undefined) addMissing(wanted, hostsOfServices(view, claims, options.serviceDomain))
  const made = new Map<string, Made>()
  const routes: Route[] = []
  const targets = new Map<string, string>()
  for (const { ingress, wish } of wanted.values()) {
    const asked = `${wish.to.namespace}/${wish.to.service}/${wish.to.port}`
    let split = targets.get(asked)
    if (split === undefined) {
      const target = makeSplit(wish.to, { view, claims, before: before?.memory.splits, made })
      split = target.name
      targets.set(asked, split)
      if (target.trouble !== undefined) refusals.push(refusalAt(ingress, wish.field, target.trouble))
    }
    const known = routeMemory.get(wish)
    const route = known?.split === split ? known : { ...wish.route, split }
    if (route !== known) routeMemory.set(wish, route)
    routes.push(route)
  }
  const splits = [...made.values()].map(({ split }) => split)
  const served = servedOf(judged, claims, splits)
  return {
    routing: routingFrom(before?.routing, { routes, splits }),
    trafficSplits: before !== undefined && sameData(before.trafficSplits, served) ? before.trafficSplits : served,
    refusals,
    ingresses,
    memory: { rules, routes: routeMemory, plans: judged, splits: made },
  }
}

type Wanted = Map<string, { readonly ingress: Ingress | undefined; readonly wish: IngressRoute }>

function ingressesOf(view: ClusterView, choice: ClassChoice): readonly Ingress[] {
  const ours: Ingress[] = []
  for (const ingress of view.ingresses) if (isOurs(ingress, choice)) ours.push(ingress)
  return ours.sort(byAge)
}

/** Who came first has a host and path; what is for all that no rule matches yields to rules. */
function wantedRoutes(from: { readonly ingresses: readonly Ingress[]; readonly rules: Memory['rules']; readonly refusals: Refusal[] }): Wanted {
  const { ingresses, rules, refusals } = from
  const wanted: Wanted = new Map()
  const defaults: { readonly ingress: Ingress; readonly wish: IngressRoute }[] = []
  const claim = (ingress: Ingress, wish: IngressRoute): void => {
    const key = routeKey(wish.route)
    const first = wanted.get(key)
    if (first === undefined) wanted.set(key, { ingress, wish })
    else if (!wish.isDefault || first.wish.isDefault) refusals.push(refusalAt(ingress, wish.field, takenBy(ingress, first.ingress, wish)))
  }
  for (const ingress of ingresses) {
    let found = rules.get(ingress)
    if (found === undefined) {
      found = rulesOf(ingress)
      rules.set(ingress, found)
    }
    for (const { field, ...complaint } of found.refused) refusals.push(refusalAt(ingress, field, complaint))
    for (const wish of found.routes)
      if (wish.isDefault) defaults.push({ ingress, wish })
      else claim(ingress, wish)
  }
  for (const { ingress, wish } of defaults) claim(ingress, wish)
  return wanted
}

function takenBy(ingress: Ingress, other: Ingress | undefined, { route: { host = 'any host', path } }: IngressRoute): Trouble {
  const owner = other === ingress ? 'another of its rules' : `Ingress ${other?.metadata.namespace}/${other?.metadata.name}, which is older,`
  return { message: `${owner} has ${host}${path} already`, fix: 'give them different hosts or paths, or delete one' }
}

function addMissing(wanted: Wanted, wishes: readonly IngressRoute[]): void {
  for (const wish of wishes) {
    const key = routeKey(wish.route)
    if (!wanted.has(key)) wanted.set(key, { ingress: undefined, wish })
  }
}

type Trouble = { readonly message: string; readonly fix: string }

function refusalAt(ingress: Ingress | undefined, field: string, trouble: Trouble): Refusal {
  return { kind: 'Ingress', namespace: ingress?.metadata.namespace ?? '', name: ingress?.metadata.name ?? '', field, ...trouble }
}

function judge(view: ClusterView, options: TableOptions, before: ReadonlyMap<string, Judged>): ReadonlyMap<string, Judged> {
  const judged = new Map<string, Judged>()
  for (const object of [...view.trafficSplits].sort(byAge)) {
    const { namespace = '', name, uid } = object.metadata
    const key = `${namespace}/${name}`
    const known = before.get(key)
    if (known?.object === object) {
      judged.set(key, known)
      continue
    }
    const planned = readable(() => planOf(object, options))
    const good = planned.kind === 'plan' ? planned.plan : known?.good?.uid === uid ? known?.good : undefined
    judged.set(key, { object, good, refused: planned.kind === 'plan' ? undefined : planned })
  }
  return judged
}

/** The server may know nothing of what a TrafficSplit must have. */
function readable(plan: () => Planned): Planned {
  try {
    return plan()
  } catch (error) {
    return { kind: 'refused', field: 'spec', message: `cannot be read: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** Which TrafficSplit governs which Service, by `namespace/service`. */
function claimsOf(judged: ReadonlyMap<string, Judged>, refusals: Refusal[]): Claims {
  const claims = new Map<string, { readonly plan: ServicePlan; readonly owner: SplitPlan }>()
  for (const { object, good, refused } of judged.values()) {
    const { namespace = '', name } = object.metadata
    const told = { kind: 'TrafficSplit', namespace, name } as const
    if (refused !== undefined) {
      const fix = good === undefined ? 'mend it; its Services are served as if it were not there' : `mend it; generation ${good.generation} is in use`
      refusals.push({ ...told, field: refused.field, message: refused.message, fix })
    }
    for (const [service, plan] of good?.services ?? []) {
      const key = `${namespace}/${service}`
      const first = claims.get(key)
      if (first === undefined) claims.set(key, { plan, owner: good! })
      else {
        const message = `${service} is governed by TrafficSplit ${first.owner.name}, which is older`
        refusals.push({ ...told, field: 'spec.services', message, fix: 'name each Service in one TrafficSplit' })
      }
    }
  }
  return claims
}

type Making = {
  readonly view: ClusterView
  readonly claims: Claims
  readonly before: ReadonlyMap<string, Made> | undefined
  readonly made: Map<string, Made>
}

/** The split that a port of a Service is served by; where there is no such thing it has no endpoints, and answers 503. */
function makeSplit(to: ServicePortRef, { view, claims, before, made }: Making): { readonly name: string; readonly trouble: Trouble | undefined } {
  const { namespace, service: serviceName } = to
  const service = view.service(namespace, serviceName)
  const port = service === undefined ? undefined : servicePort(service, to.port)
  const name = `${namespace}.${serviceName}.${port?.port ?? to.port}`
  const trouble = service === undefined || port === undefined ? missing(to, service) : externalTrouble(service)
  if (made.has(name)) return { name, trouble }
  const names = port === undefined || trouble !== undefined ? [] : portNames(port)
  const claim = claims.get(`${namespace}/${serviceName}`)
  const slices = (of: string): readonly EndpointSlice[] =>
    [...view.slicesOf(namespace, of)].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const sources = claim === undefined ? [serviceName] : claim.plan.backends.map(({ backendService }) => backendService)
  const from = [service, claim?.plan, claim?.owner.name, ...sources.flatMap((source) => [view.service(namespace, source), ...slices(source)])]
  const known = before?.get(name)
  if (known !== undefined && isSame(known.from, from)) {
    made.set(name, known)
    return { name, trouble }
  }
  const endpoints = (of: string): Split['backends'][number]['endpoints'] => endpointsAt(slices(of), names, view.service(namespace, of))
  const split = claim === undefined ? plainSplit(to, endpoints(serviceName)) : governedSplit(to, claim.plan, claim.owner, endpoints)
  const named: Split = { ...split, name }
  made.set(name, { from, split: known !== undefined && sameData(known.split, named) ? known.split : named })
  return { name, trouble }
}

type Unnamed = Omit<Split, 'name'>

function plainSplit({ namespace, service }: ServicePortRef, endpoints: Split['backends'][number]['endpoints']): Unnamed {
  return {
    totalWeight: 1,
    backends: [{ name: service, weight: 1, endpoints, origin: { service, role: '', revision: '' } }],
    routes: [],
    fallback: { kind: 'none' },
    origin: { namespace, trafficSplit: '', service },
  }
}

function governedSplit(
  { namespace, service }: ServicePortRef,
  plan: ServicePlan,
  owner: SplitPlan,
  endpointsOf: (service: string) => Split['backends'][number]['endpoints'],
): Unnamed {
  return {
    ...plan,
    backends: plan.backends.map(({ podTemplateHash, weight, role, backendService, knownAs }) => ({
      name: podTemplateHash,
      weight,
      endpoints: endpointsOf(backendService),
      origin: { service: knownAs, role, revision: podTemplateHash },
    })),
    origin: { namespace, trafficSplit: owner.name, service },
  }
}

function missing({ service: name, port }: ServicePortRef, service: Service | undefined): Trouble {
  if (service === undefined) return { message: `there is no Service ${name}`, fix: 'create it, or name another; until then it is answered with 503' }
  const known = (service.spec.ports ?? []).map((each) => [each.port, ...(each.name ? [`(${each.name})`] : [])].join(' ')).join(', ') || 'none'
  return { message: `Service ${name} has no TCP port ${port}`, fix: `name one that it has: ${known}` }
}

/** A name that somebody may point anywhere: a way into networks that only the edge can reach. */
function externalTrouble({ metadata: { name }, spec }: Service): Trouble | undefined {
  if (spec.type !== 'ExternalName') return undefined
  return { message: `Service ${name} is an ExternalName, which is not proxied`, fix: 'name a Service with pods behind it' }
}

function servedOf(judged: ReadonlyMap<string, Judged>, claims: Claims, splits: readonly Split[]): readonly ServedSplit[] {
  const standFor = new Map<string, string[]>()
  for (const { name, origin } of splits) {
    if (origin === undefined || origin.trafficSplit === '') continue
    const key = `${origin.namespace}/${origin.service}`
    standFor.set(key, [...(standFor.get(key) ?? []), name])
  }
  return [...judged.values()].map(({ object: { metadata, spec }, good, refused }) => {
    const { namespace = '', name, uid = '', generation = 0 } = metadata
    const services = [...(good?.services.keys() ?? namesIn(spec))]
    const [first] = good?.services.values() ?? []
    const owned = (service: string): boolean => claims.get(`${namespace}/${service}`)?.owner === good
    return {
      namespace,
      name,
      uid: good?.uid ?? uid,
      generation: good?.generation ?? 0,
      backends: (first?.backends ?? []).map(({ podTemplateHash, weight }) => ({ name: podTemplateHash, weight })),
      services: services.map((service) => ({ name: service, splits: owned(service) ? (standFor.get(`${namespace}/${service}`) ?? []) : [] })),
      ...(refused !== undefined && { refused: { generation, message: `${refused.field}: ${refused.message}` } }),
    }
  })
}

/** Of one that could not be read whole. */
function namesIn(spec: TrafficSplit['spec'] | undefined): readonly string[] {
  const { services } = spec ?? { services: [] }
  return Array.isArray(services)
    ? (services as readonly { readonly name?: unknown }[]).flatMap(({ name }) => (typeof name === 'string' ? [name] : []))
    : []
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

/** The lists from before, and all of it, where they hold the same items: what compares by identity need not look into them. */
function routingFrom(before: Routing | undefined, after: Routing): Routing {
  if (before === undefined) return after
  const [routes, splits] = [isSame(before.routes, after.routes), isSame(before.splits, after.splits)]
  return routes && splits ? before : { routes: routes ? before.routes : after.routes, splits: splits ? before.splits : after.splits }
}
