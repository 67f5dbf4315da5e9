import type { EndpointSlice, Service } from '../../../api/services.ts'
import { sameData } from '../../../core/routing/delta.ts'
import type { Endpoint, Split } from '../../../core/routing/types.ts'
import type { ClusterView, Trouble } from './cluster.ts'
import type { Claim } from './governance.ts'
import type { ServicePortRef } from './ingressRules.ts'
import { endpointsAt, portNameIn, servicePort } from './serviceEndpoints.ts'

/** What a port of a Service is served by. */
export type Target = {
  readonly split: Split
  readonly trouble: Trouble | undefined
  /** What it was made from: the Services, as `namespace/name`, by their objects and slices, … */
  readonly services: readonly string[]
  /** … and what governs the first of them. */
  readonly claim: Claim | undefined
}

/** Where there is no such Service or port, the split has no endpoints, and answers 503: another route must not take its requests. */
export function targetOf(
  to: ServicePortRef,
  from: { readonly view: ClusterView; readonly claim: Claim | undefined },
  before: Target | undefined,
): Target {
  const { view, claim } = from
  const { namespace } = to
  const service = view.service(namespace, to.service)
  const port = service === undefined ? undefined : servicePort(service, to.port)
  const trouble = service === undefined || port === undefined ? missing(to, service) : externalTrouble(service)
  const endpointsOf = (of: string): readonly Endpoint[] => {
    const owner = of === to.service ? service : view.service(namespace, of)
    const portName = owner === undefined || port === undefined || trouble !== undefined ? undefined : portNameIn(owner, port)
    return owner === undefined || portName === undefined ? [] : endpointsAt(inOrder(view.slicesOf(namespace, of)), portName, owner)
  }
  const name = `${namespace}.${to.service}.${port?.port ?? to.port}`
  const split: Split = { name, ...(claim === undefined ? plainSplit(to, endpointsOf) : governedSplit(to, claim, endpointsOf)) }
  const services = [to.service, ...(claim?.plan.backends ?? []).map(({ backendService }) => backendService)].map((each) => `${namespace}/${each}`)
  return { split: before !== undefined && sameData(before.split, split) ? before.split : split, trouble, services, claim }
}

/** Whether it would be made again just so. `changed` are the Services that may have changed. */
export function isUpToDate({ services, claim }: Target, now: { readonly claim: Claim | undefined; readonly changed: ReadonlySet<string> }): boolean {
  if (claim?.plan !== now.claim?.plan || claim?.owner.name !== now.claim?.owner.name) return false
  return now.changed.size === 0 || !services.some((service) => now.changed.has(service))
}

function inOrder(slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  return slices.length < 2 ? slices : [...slices].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

type Unnamed = Omit<Split, 'name'>
type EndpointsOf = (service: string) => readonly Endpoint[]

function plainSplit({ namespace, service }: ServicePortRef, endpointsOf: EndpointsOf): Unnamed {
  return {
    totalWeight: 1,
    backends: [{ name: service, weight: 1, endpoints: endpointsOf(service), origin: { service, role: '', revision: '' } }],
    routes: [],
    fallback: { kind: 'none' },
    origin: { namespace, trafficSplit: '', service },
  }
}

function governedSplit({ namespace, service }: ServicePortRef, { plan, owner }: Claim, endpointsOf: EndpointsOf): Unnamed {
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
