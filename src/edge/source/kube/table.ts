import type { Ingress } from '../../../api/ingress.ts'
import type { CompileRegex, Route, Routing, Split } from '../../../core/routing/types.ts'
import { routeKey } from '../../../core/routing/validate.ts'
import type { ServedSplit } from '../../config.ts'
import type { Changes, ClusterView, Refusal } from './cluster.ts'
import { type Governance, governanceOf, type Judged } from './governance.ts'
import type { IngressRoute } from './ingressRules.ts'
import { servedOf, type Told } from './served.ts'
import { hostsOfServices } from './serviceHosts.ts'
import { isUpToDate, type Target, targetOf } from './target.ts'
import { refusalAt, type Wish, type Wishes, type WishOptions, wishesOf } from './wishes.ts'

export type TableOptions = WishOptions & {
  /** In-cluster clients reach entry Services by their DNS names: the cluster's domain. Absent: they do not. */
  readonly serviceDomain?: string | undefined
  readonly keyFile?: string | undefined
  readonly compileRegex: CompileRegex
}

export type Table = {
  readonly routing: Routing
  readonly trafficSplits: readonly ServedSplit[]
  readonly refusals: readonly Refusal[]
  /** Those of this edge, the oldest first. */
  readonly ingresses: readonly Ingress[]
  readonly memory: Memory
}

/** What the next table is made from without making it anew. */
type Memory = {
  readonly wishes: Wishes
  readonly governance: Governance
  /** By namespace, Service and port as they are asked for. */
  readonly targets: ReadonlyMap<string, Target>
  readonly routes: WeakMap<IngressRoute, Route>
  readonly told: WeakMap<Judged, Told>
}

const unknownChanges: Changes = { ingresses: true, trafficSplits: true, services: 'any' }

/**
 * What the cluster asks of this edge. Whatever is wrong with an object refuses that object, or the part of it that is wrong, and nothing else.
 * `changes` are those of the view since `before` was made from it; what they do not touch is the same object in both tables.
 */
export function compileTable(view: ClusterView, options: TableOptions, before?: Table, changes: Changes = unknownChanges): Table {
  const memory = before?.memory
  const wishes = memory === undefined || changes.ingresses ? wishesOf(view, options, memory?.wishes) : memory.wishes
  const governance = memory === undefined || changes.trafficSplits ? governanceOf(view, options, memory?.governance) : memory.governance
  const wanted =
    options.serviceDomain === undefined ? wishes.wanted : withHosts(wishes, hostsOfServices(view, governance.claims, options.serviceDomain))
  const refusals = [...wishes.refusals, ...governance.refusals]
  const targets = new Map<string, Target>()
  const splits = new Map<string, Split>()
  const routeMemory = memory?.routes ?? new WeakMap<IngressRoute, Route>()
  const routes: Route[] = []
  for (const { ingress, wish } of wanted.values()) {
    const { to } = wish
    const asked = `${to.namespace}/${to.service}/${to.port}`
    let target = targets.get(asked)
    if (target === undefined) {
      const claim = governance.claims.get(`${to.namespace}/${to.service}`)
      const known = memory?.targets.get(asked)
      const { services: changed } = changes
      target = known !== undefined && changed !== 'any' && isUpToDate(known, { claim, changed }) ? known : targetOf(to, { view, claim }, known)
      targets.set(asked, target)
      // By its name and by its number a port is the same.
      if (!splits.has(target.split.name)) splits.set(target.split.name, target.split)
      if (target.trouble !== undefined) refusals.push(refusalAt(ingress, wish.field, target.trouble))
    }
    routes.push(routeOf(wish, target.split.name, routeMemory))
  }
  const told = memory?.told ?? new WeakMap<Judged, Told>()
  const routing = routingFrom(before?.routing, { routes, splits: [...splits.values()] })
  return {
    routing,
    trafficSplits: servedOf(governance, routing.splits, { before: before?.trafficSplits ?? [], told }),
    refusals,
    ingresses: wishes.ingresses,
    memory: { wishes, governance, targets, routes: routeMemory, told },
  }
}

function withHosts({ wanted }: Wishes, hosts: readonly IngressRoute[]): ReadonlyMap<string, Wish> {
  const all = new Map(wanted)
  for (const wish of hosts) {
    const key = routeKey(wish.route)
    if (!all.has(key)) all.set(key, { ingress: undefined, wish })
  }
  return all
}

function routeOf(wish: IngressRoute, split: string, known: WeakMap<IngressRoute, Route>): Route {
  const before = known.get(wish)
  if (before?.split === split) return before
  const route: Route = { ...wish.route, split }
  known.set(wish, route)
  return route
}

/** The lists from before, and all of it, where they hold the same items: what compares by identity need not look into them. */
function routingFrom(before: Routing | undefined, after: Routing): Routing {
  if (before === undefined) return after
  const [routes, splits] = [hasSameItems(before.routes, after.routes), hasSameItems(before.splits, after.splits)]
  return routes && splits ? before : { routes: routes ? before.routes : after.routes, splits: splits ? before.splits : after.splits }
}

function hasSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
