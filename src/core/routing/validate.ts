import { type Complaint, hostComplaint, methodComplaint, nameComplaint, pathComplaint, shown, tokenComplaint } from './names.ts'
import { nearest } from './nearest.ts'
import type { Backend, CompileRegex, NamedMatch, RequestMatch, Route, Routing, Split, Stickiness, TextMatch } from './types.ts'

/**
 * Something wrong with a routing. `path` leads there as an author writes it: splits and backends by name, the rest by index, a comparison
 * by its kind: `splits`, `shop`, `routes`, 0, `match`, 0, `headers`, 0, `regex`.
 */
export type Mistake = Complaint & { readonly path: readonly (string | number)[] }

export const maxWeight = 1_000_000
export const maxTotalWeight = 1_000_000_000

type Path = Mistake['path']
type Report = (path: Path, complaint: Complaint | undefined) => void

/** Every mistake that the types cannot rule out, in the order of the routing; empty: it can be compiled. */
export function validate(routing: Routing, compileRegex: CompileRegex): readonly Mistake[] {
  const mistakes: Mistake[] = []
  const report: Report = (path, complaint) => {
    if (complaint !== undefined) mistakes.push({ path, ...complaint })
  }
  checkRoutes(routing, report)
  const seen = new Set<string>()
  for (const split of routing.splits) {
    report(['splits', split.name], nameComplaint(split.name) ?? repeated(seen, split.name, 'split'))
    checkSplit(split, compileRegex, report)
  }
  return mistakes
}

function repeated(seen: Set<string>, name: string, what: string): Complaint | undefined {
  const known = seen.has(name)
  seen.add(name)
  return known ? { message: `another ${what} is called ${shown(name)}`, fix: `give every ${what} a name of its own` } : undefined
}

function checkRoutes({ routes, splits }: Routing, report: Report): void {
  const names = new Set(splits.map((split) => split.name))
  if (names.size === 0 && routes.length > 0)
    report(['splits'], { message: 'no split is defined, but routes name some', fix: 'define the splits that `routes` name' })
  // Thousands of routes may name the same few: the nearest name is looked for once.
  const complaints = new Map<string, Complaint | undefined>()
  const unknownSplit = (name: string): Complaint | undefined => {
    if (!complaints.has(name)) complaints.set(name, unknown(name, names, 'split'))
    return complaints.get(name)
  }
  const first = new Map<string, number>()
  for (const [index, route] of routes.entries()) {
    const path: Path = ['routes', index]
    if (route.host !== undefined) report([...path, 'host'], hostComplaint(route.host))
    report([...path, 'path'], pathComplaint(route.path))
    if (names.size > 0) report([...path, 'split'], unknownSplit(route.split))
    const key = routeKey(route)
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, index)
    else
      report(path, {
        message: `the same ${route.host === undefined ? 'path' : 'host and path'} as routes[${earlier}]`,
        fix: 'leave one of them out, or give them different hosts, paths or path types',
      })
  }
}

/** `/a` and `/a/` are the same prefix, and two different exact paths. */
export function routeKey({ host, path, pathType, oneLabel = false }: Omit<Route, 'split'>): string {
  const compared = pathType === 'Prefix' && path.endsWith('/') ? path.slice(0, -1) : path
  return JSON.stringify([host, pathType, compared, oneLabel])
}

function unknown(name: string, known: ReadonlySet<string>, what: string): Complaint | undefined {
  if (known.has(name)) return undefined
  const meant = nearest(name, known)
  return {
    message: `there is no ${what} ${shown(name)}`,
    fix: meant === undefined ? `write ${oneOf([...known])}` : `did you mean ${meant}? Known: ${listed([...known])}`,
  }
}

function checkSplit(split: Split, compileRegex: CompileRegex, report: Report): void {
  const path: Path = ['splits', split.name]
  const names = new Set(split.backends.map((backend) => backend.name))
  if (names.size === 0)
    report([...path, 'backends'], { message: 'a split needs at least one backend', fix: 'add a backend with a weight and endpoints' })
  const seen = new Set<string>()
  for (const backend of split.backends) {
    const place: Path = [...path, 'backends', backend.name]
    report(place, nameComplaint(backend.name) ?? repeated(seen, backend.name, 'backend'))
    report([...place, 'weight'], weightComplaint(backend.weight))
  }
  checkTotal(split, path, report)
  for (const [index, route] of split.routes.entries()) {
    const place: Path = [...path, 'routes', index]
    report([...place, 'name'], nameComplaint(route.name))
    // Without any backend that one mistake says all.
    if (names.size > 0) report([...place, 'backend'], unknown(route.backend, names, 'backend'))
    for (const [at, match] of route.match.entries()) checkMatch(match, [...place, 'match', at], compileRegex, report)
  }
  checkMirrors(split, names, path, compileRegex, report)
  if (split.stickiness !== undefined) checkStickiness(split.stickiness, [...path, 'stickiness'], report)
  if (split.fallback.kind === 'backend' && names.size > 0) {
    const { backend } = split.fallback
    const itself = names.size === 1 && names.has(backend)
    const complaint = { message: `${shown(backend)} is the only backend and cannot stand in for itself`, fix: 'write none, or add another backend' }
    report([...path, 'fallback'], itself ? complaint : unknown(backend, names, 'backend'))
  }
}

function checkMirrors({ mirrors = [] }: Split, backends: ReadonlySet<string>, path: Path, compileRegex: CompileRegex, report: Report): void {
  const seen = new Set<string>()
  for (const [index, { name, backend, percentage, match }] of mirrors.entries()) {
    const place: Path = [...path, 'mirrors', index]
    report([...place, 'name'], nameComplaint(name) ?? repeated(seen, name, 'mirror'))
    if (backends.size > 0) report([...place, 'backend'], unknown(backend, backends, 'backend'))
    if (!(percentage >= 0 && percentage <= 100))
      report([...place, 'percentage'], { message: `${percentage} is no percentage`, fix: 'write a number from 0 to 100' })
    for (const [at, each] of match.entries()) checkMatch(each, [...place, 'match', at], compileRegex, report)
  }
}

function checkStickiness(stickiness: Stickiness, path: Path, report: Report): void {
  switch (stickiness.kind) {
    case 'clientAddress':
      return
    case 'header':
      report([...path, 'name'], tokenComplaint(stickiness.name, 'a header name'))
      return
    case 'cookie': {
      const { name, path: of, sameSite, secure } = stickiness
      report([...path, 'name'], tokenComplaint(name, 'a cookie name'))
      const ends = of.includes(';') ? { message: `${shown(of)} has a semicolon, which ends it in a cookie`, fix: 'write a shorter path' } : undefined
      report([...path, 'path'], pathComplaint(of) ?? ends)
      if (sameSite === 'None' && secure === 'never')
        report([...path, 'secure'], { message: 'browsers refuse cookies with SameSite=None that are not Secure', fix: 'write auto or always' })
    }
  }
}

function weightComplaint(weight: number): Complaint | undefined {
  const fix = `write an integer from 0 to ${maxWeight}`
  if (typeof weight !== 'number' || !Number.isInteger(weight)) return { message: `${shown(weight)} is not an integer`, fix }
  if (weight < 0) return { message: `${weight} is below the minimum 0`, fix }
  if (weight > maxWeight) return { message: `${weight} is above the maximum ${maxWeight}`, fix }
  return undefined
}

function checkTotal({ backends, totalWeight }: Split, path: Path, report: Report): void {
  // A sum says something only when all of its parts do.
  if (backends.length === 0 || backends.some((backend) => weightComplaint(backend.weight) !== undefined)) return
  const sum = sumOf(backends)
  const place: Path = [...path, 'totalWeight']
  if (sum === 0) {
    report([...path, 'backends'], {
      message: 'every weight is 0, so that no backend would get traffic',
      fix: 'give at least one backend a weight above 0',
    })
    return
  }
  if (!Number.isInteger(totalWeight) || totalWeight < 1 || totalWeight > maxTotalWeight) {
    const fix = sum > maxTotalWeight ? `scale the weights so that they add up to at most ${maxTotalWeight}` : `write ${sum}, or leave totalWeight out`
    report(place, { message: `${totalWeight} is not an integer from 1 to ${maxTotalWeight}`, fix })
  } else if (sum !== totalWeight) {
    report(place, {
      message: `the weights add up to ${sum}, not to totalWeight ${totalWeight}`,
      fix: `write totalWeight: ${sum}, leave totalWeight out, or change the weights (${weightsOf(backends)}) so that they add up to ${totalWeight}`,
    })
  }
}

function checkMatch(match: RequestMatch, path: Path, compileRegex: CompileRegex, report: Report): void {
  if (match.method !== undefined) report([...path, 'method'], methodComplaint(match.method))
  if (match.path !== undefined) {
    const place: Path = [...path, 'path', match.path.kind]
    if (match.path.kind === 'regex') report(place, regexComplaint(match.path, compileRegex))
    else report(place, pathComplaint(match.path.value))
  }
  for (const kind of ['headers', 'cookies', 'query'] as const)
    for (const [index, named] of match[kind].entries()) {
      const place: Path = [...path, kind, index]
      report([...place, 'name'], namedComplaint(kind, named))
      if (named.value.kind === 'regex') report([...place, 'regex'], regexComplaint(named.value, compileRegex))
    }
}

function namedComplaint(kind: 'headers' | 'cookies' | 'query', { name }: NamedMatch): Complaint | undefined {
  switch (kind) {
    case 'headers':
      return tokenComplaint(name, 'a header name')
    case 'cookies':
      return tokenComplaint(name, 'a cookie name')
    case 'query':
      return name === '' ? { message: 'the name is empty', fix: 'write the name of a query parameter' } : undefined
  }
}

function regexComplaint(match: TextMatch & { kind: 'regex' }, compileRegex: CompileRegex): Complaint | undefined {
  try {
    compileRegex(match.pattern)
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return {
      message: `${shown(match.pattern)} is not a regular expression: ${reason}`,
      fix: 'write it in RE2 syntax, without look-around and back-references',
    }
  }
}

function sumOf(backends: readonly { readonly weight: number }[]): number {
  return backends.reduce((sum, backend) => sum + backend.weight, 0)
}

function weightsOf(backends: readonly Backend[]): string {
  return listed(backends.map((backend) => `${backend.name} ${backend.weight}`))
}

function listed(names: readonly string[]): string {
  return names.length > 20 ? `${names.slice(0, 20).join(', ')} and ${names.length - 20} more` : names.join(', ')
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? names[0]! : `one of ${listed(names)}`
}

export type Reweighted = { readonly ok: true; readonly split: Split } | { readonly ok: false; readonly mistakes: readonly Mistake[] }

/** The split with the given weights in place of its own; backends that `weights` does not name keep theirs, and `totalWeight` stays. */
export function withWeights(split: Split, weights: Readonly<Record<string, number>>): Reweighted {
  const mistakes: Mistake[] = []
  const given = new Map(Object.entries(weights))
  const names = new Set(split.backends.map((backend) => backend.name))
  if (given.size === 0) mistakes.push({ path: ['weights'], message: 'no weight is given', fix: `name at least one backend: ${listed([...names])}` })
  for (const [name, weight] of given) {
    const complaint = unknown(name, names, 'backend') ?? weightComplaint(weight)
    if (complaint !== undefined) mistakes.push({ path: ['weights', name], ...complaint })
  }
  if (mistakes.length > 0) return { ok: false, mistakes }
  const backends = split.backends.map((backend) => ({ ...backend, weight: given.get(backend.name) ?? backend.weight }))
  const sum = sumOf(backends)
  if (sum === split.totalWeight) return { ok: true, split: { ...split, backends } }
  const message = `the weights would add up to ${sum} (${weightsOf(backends)}), not to totalWeight ${split.totalWeight}`
  return { ok: false, mistakes: [{ path: ['weights'], message, fix: sumFix(split, backends, given) }] }
}

/** The one weight that would mend the sum, if it is clear which. */
function sumFix({ totalWeight }: Split, backends: readonly Backend[], given: ReadonlyMap<string, number>): string {
  const others = backends.filter((backend) => !given.has(backend.name))
  const candidate = others.length === 1 ? others[0]! : undefined
  const needed = candidate === undefined ? -1 : totalWeight - sumOf(backends) + candidate.weight
  if (candidate !== undefined && needed >= 0 && needed <= maxWeight) return `give ${candidate.name} the weight ${needed} as well`
  return `give weights that add up to ${totalWeight}`
}
