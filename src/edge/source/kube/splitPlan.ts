import type { StringMatch } from '../../../api/rollout.ts'
import type { SplitRole, SplitService, SplitStickiness, TrafficSplit, RouteMatch as WireMatch } from '../../../api/trafficSplit.ts'
import { fieldText } from '../../../core/routing/names.ts'
import type { CompileRegex, NamedMatch, RequestMatch, Split, Stickiness, TextMatch } from '../../../core/routing/types.ts'
import { validate } from '../../../core/routing/validate.ts'
import { requestMethods } from '../../http1/requestHead.ts'

/** A TrafficSplit made ready but for ports and endpoints. */
export type SplitPlan = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly generation: number
  readonly services: ReadonlyMap<string, ServicePlan>
}

/** At one entry Service. `backends` are all versions, the stable one first. */
export type ServicePlan = Omit<Split, 'name' | 'backends' | 'origin'> & { readonly backends: readonly BackendPlan[] }
export type BackendPlan = {
  readonly podTemplateHash: string
  readonly weight: number
  readonly role: SplitRole
  /** Whose EndpointSlices are its pods. */
  readonly backendService: string
  /** The Service that users know it by. */
  readonly knownAs: string
}

export type Planned =
  | { readonly kind: 'plan'; readonly plan: SplitPlan }
  | { readonly kind: 'refused'; readonly field: string; readonly message: string }

export type PlanOptions = {
  readonly compileRegex: CompileRegex
  /** Of keys for sticky cookies: edges that share one know each other's clients. */
  readonly keyFile?: string | undefined
}

/** What a TrafficSplit asks for, or why it cannot be done: all of it or nothing, since its Services change together. */
export function planOf({ metadata, spec }: TrafficSplit, options: PlanOptions): Planned {
  const { namespace = '', name, uid = '', generation = 0 } = metadata
  const services = new Map<string, ServicePlan>()
  for (const [index, service] of spec.services.entries()) {
    const field = `spec.services[${index}]`
    if (services.has(service.name)) return { kind: 'refused', field: `${field}.name`, message: `${service.name} is there twice` }
    const plan = servicePlan(service, spec, options)
    if (typeof plan === 'string') return { kind: 'refused', field: `${field}.stickiness.ttl`, message: `${plan} is no time, such as 24h or 30m` }
    const trouble = troubleIn(plan, service, options.compileRegex)
    if (trouble !== undefined) return { kind: 'refused', field: `${field}.${trouble.field}`, message: trouble.message }
    services.set(service.name, plan)
  }
  return { kind: 'plan', plan: { namespace, name, uid, generation, services } }
}

/** A text: a time that cannot be read. */
function servicePlan(service: SplitService, spec: TrafficSplit['spec'], { keyFile, compileRegex }: PlanOptions): ServicePlan | string {
  const requests = (match: WireMatch): readonly RequestMatch[] => requestsOf(match, compileRegex)
  const weights = new Map(service.weights.map(({ podTemplateHash, weight }) => [podTemplateHash, weight]))
  const owner = new Map(spec.services.flatMap(({ name, role }) => (role === undefined ? [] : [[role, name] as const])))
  const backends = [...spec.backends]
    .sort((a, b) => Number(isFirst(b.role)) - Number(isFirst(a.role)))
    .map(({ podTemplateHash, role, service: backendService }) => ({
      podTemplateHash,
      weight: weights.get(podTemplateHash) ?? 0,
      role,
      backendService,
      knownAs: owner.get(role) ?? backendService,
    }))
  const stickiness = stickinessOf(service.stickiness ?? { kind: 'none' }, keyFile)
  if (typeof stickiness === 'string') return stickiness
  const first = backends[0]
  const standsIn = (service.fallback ?? 'stable') === 'stable' && first !== undefined && isFirst(first.role) && backends.length > 1
  return {
    totalWeight: spec.totalWeight,
    backends,
    // Without a match a route is never taken here, and always where it goes.
    routes: (service.routes ?? [])
      .filter(({ match }) => match.length > 0)
      .map(({ name, match, podTemplateHash }) => ({ name, match: match.flatMap(requests), backend: podTemplateHash })),
    ...(service.mirrors?.length && {
      mirrors: service.mirrors.map(({ name, match = [], podTemplateHash, percentage }) => {
        return { name, match: match.flatMap(requests), backend: podTemplateHash, percentage }
      }),
    }),
    ...(stickiness !== undefined && { stickiness }),
    fallback: standsIn ? { kind: 'backend', backend: first.podTemplateHash } : { kind: 'none' },
  }
}

function isFirst(role: SplitRole): boolean {
  return role === 'stable' || role === 'active'
}

function troubleIn(
  plan: ServicePlan,
  service: SplitService,
  compileRegex: CompileRegex,
): { readonly field: string; readonly message: string } | undefined {
  const known = new Set(plan.backends.map(({ podTemplateHash }) => podTemplateHash))
  const unknown = service.weights.find(({ podTemplateHash }) => !known.has(podTemplateHash))
  if (unknown !== undefined) return { field: 'weights', message: `there is no backend ${unknown.podTemplateHash}` }
  const split: Split = {
    ...plan,
    name: 'split',
    backends: plan.backends.map(({ podTemplateHash: name, weight }) => ({ name, weight, endpoints: [] })),
  }
  const [mistake] = validate({ routes: [], splits: [split] }, compileRegex)
  return mistake && { field: fieldText(mistake.path.slice(2)), message: mistake.message }
}

/** A comparison of methods other than by the whole is one of each that it holds for. */
function requestsOf({ method, path, headers = [] }: WireMatch, compileRegex: CompileRegex): readonly RequestMatch[] {
  const rest = {
    ...(path !== undefined && { path: pathMatch(path) }),
    headers: headers.map(({ name, ...value }): NamedMatch => ({ name, value: textMatch(value) ?? { kind: 'present' } })),
    cookies: [],
    query: [],
  }
  if (method === undefined) return [rest]
  if (method.exact !== undefined) return [{ ...rest, method: method.exact }]
  const test = textMatch(method)
  if (test === undefined) return [rest]
  const holds = methodTest(test, compileRegex)
  // What is no pattern is no method either, and told as such.
  const methods = holds === undefined ? [`no pattern: ${method.regex}`] : requestMethods.filter(holds)
  // None of them: what no request has.
  return (methods.length === 0 ? ['NONE'] : methods).map((each) => ({ ...rest, method: each }))
}

function methodTest(test: TextMatch, compileRegex: CompileRegex): ((method: string) => boolean) | undefined {
  if (test.kind !== 'regex') return (method) => method.startsWith(test.value)
  try {
    const compiled = compileRegex(test.pattern)
    return (method) => compiled.matches(method)
  } catch {
    return undefined // Bad syntax is the one reason to throw.
  }
}

function textMatch({ exact, prefix, regex }: StringMatch): TextMatch | undefined {
  if (exact !== undefined) return { kind: 'exact', value: exact }
  if (prefix !== undefined) return { kind: 'prefix', value: prefix }
  return regex === undefined ? undefined : { kind: 'regex', pattern: regex }
}

/** Here a prefix is one of letters; in routes it ends with a segment. */
function pathMatch(path: StringMatch): TextMatch {
  const match = textMatch(path) ?? { kind: 'prefix', value: '' }
  return match.kind === 'prefix' ? { kind: 'regex', pattern: `\\Q${match.value.replaceAll('\\E', '\\E\\\\E\\Q')}\\E.*` } : match
}

const dayMs = 86_400_000

/** A text: a time that cannot be read. */
function stickinessOf(stickiness: SplitStickiness, keyFile: string | undefined): Stickiness | string | undefined {
  switch (stickiness.kind) {
    case 'none':
      return undefined
    case 'header':
    case 'clientAddress':
      return stickiness
    case 'cookie': {
      const { name = 'spillway', ttl, newSessionsOnly = false } = stickiness
      const ttlMs = ttl === undefined ? dayMs : durationMs(ttl)
      if (ttlMs === undefined) return ttl!
      return { kind: 'cookie', name, ttlMs, path: '/', sameSite: 'Lax', secure: 'auto', newSessionsOnly, ...(keyFile && { keyFile }) }
    }
  }
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

function durationMs(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|[smh]))+$/.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[smh])/g)) sum += Number(amount) * unitMs[unit!]!
  return sum >= 1_000 ? sum : undefined
}
