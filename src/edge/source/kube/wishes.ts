import type { Ingress } from '../../../api/ingress.ts'
import { routeKey } from '../../../core/routing/validate.ts'
import { byAge, type ClusterView, type Refusal, type Trouble } from './cluster.ts'
import { classChoiceOf, type IngressRoute, type IngressRules, isOurs, rulesOf } from './ingressRules.ts'

/** A host and path, and who has it; without an Ingress: it comes with a Service. */
export type Wish = { readonly ingress: Ingress | undefined; readonly wish: IngressRoute }

/** What the Ingresses of an edge want together. */
export type Wishes = {
  /** The oldest first. */
  readonly ingresses: readonly Ingress[]
  /** No two for the same host and path; by `routeKey`. */
  readonly wanted: ReadonlyMap<string, Wish>
  readonly refusals: readonly Refusal[]
  readonly rules: WeakMap<Ingress, IngressRules>
}

export type WishOptions = {
  /** By which Ingresses name this edge. */
  readonly ingressClass: string
  /** For hosts that have certificates. */
  readonly redirectHttps?: boolean
}

/** Who came first has a host and path; what is for all that no rule matches yields to rules. */
export function wishesOf(view: ClusterView, options: WishOptions, before: Wishes | undefined): Wishes {
  const rules = before?.rules ?? new WeakMap<Ingress, IngressRules>()
  const refusals: Refusal[] = []
  const wanted = new Map<string, Wish>()
  const defaults: { readonly ingress: Ingress; readonly wish: IngressRoute }[] = []
  const claim = (ingress: Ingress, wish: IngressRoute): void => {
    const key = routeKey(wish.route)
    const first = wanted.get(key)
    if (first === undefined) wanted.set(key, { ingress, wish })
    else if (!wish.isDefault || first.wish.isDefault) refusals.push(refusalAt(ingress, wish.field, takenBy(ingress, first.ingress, wish)))
  }
  const ingresses = ingressesOf(view, options.ingressClass)
  for (const ingress of ingresses) {
    let found = rules.get(ingress)
    if (found === undefined) {
      found = rulesOf(ingress, options.redirectHttps ?? false)
      rules.set(ingress, found)
    }
    for (const { field, ...trouble } of found.refused) refusals.push(refusalAt(ingress, field, trouble))
    for (const wish of found.routes)
      if (wish.isDefault) defaults.push({ ingress, wish })
      else claim(ingress, wish)
  }
  for (const { ingress, wish } of defaults) claim(ingress, wish)
  return { ingresses, wanted, refusals, rules }
}

function ingressesOf(view: ClusterView, ingressClass: string): readonly Ingress[] {
  const choice = classChoiceOf(ingressClass, view.ingressClasses)
  const ours: Ingress[] = []
  for (const ingress of view.ingresses) if (isOurs(ingress, choice)) ours.push(ingress)
  return ours.sort(byAge)
}

function takenBy(ingress: Ingress, other: Ingress | undefined, { route: { host = 'any host', path } }: IngressRoute): Trouble {
  const owner = other === ingress ? 'another of its rules' : `Ingress ${other?.metadata.namespace}/${other?.metadata.name}, which is older,`
  return { message: `${owner} has ${host}${path} already`, fix: 'give them different hosts or paths, or delete one' }
}

export function refusalAt(ingress: Ingress | undefined, field: string, trouble: Trouble): Refusal {
  return { kind: 'Ingress', namespace: ingress?.metadata.namespace ?? '', name: ingress?.metadata.name ?? '', field, ...trouble }
}
