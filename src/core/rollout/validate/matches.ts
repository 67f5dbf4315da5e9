/** Steps that send requests, or copies of them, to the canary by what they look like. */
import { type Complaint, methodComplaint, pathComplaint, tokenComplaint } from '../../routing/names.ts'
import { type Checking, checkRegex } from '../../spec/checks.ts'
import { child, expectMap, integerIn, isSet, keyOf, listIn, mapIn, requiredText, textIn, wrong } from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'

type Named = { readonly isRouted: boolean; readonly managedRoutes: readonly string[] }

const routing = 'add trafficRouting with plugins: {spillway/edge: {}}'

export function checkHeaderRoute(route: Field, named: Named, checking: Checking): void {
  const { findings } = checking
  checkRoute(route, named, findings)
  for (const match of listIn(child(route, 'match'), findings)) {
    expectMap(match, findings)
    const name = requiredText(child(match, 'headerName'), findings, 'the name of a header')
    if (name !== undefined) reportIf(child(match, 'headerName'), tokenComplaint(name, 'a header name'), findings)
    const value = child(match, 'headerValue')
    if (isSet(value)) checkText(value, checking)
    else findings.report(value, { message: 'is missing', fix: 'write exact, prefix or regex' })
  }
}

export function checkMirrorRoute(route: Field, named: Named, checking: Checking): void {
  const { findings } = checking
  checkRoute(route, named, findings)
  integerIn(child(route, 'percentage'), findings, { maximum: 100 })
  for (const match of listIn(child(route, 'match'), findings)) {
    expectMap(match, findings)
    const method = child(match, 'method')
    if (isSet(method) && checkText(method, checking) === 'exact') reportIf(child(method, 'exact'), methodComplaint(textOf(method, 'exact')), findings)
    const path = child(match, 'path')
    if (isSet(path)) checkPath(path, checking)
    for (const header of mapIn(child(match, 'headers'), findings)) {
      reportIf(header, tokenComplaint(keyOf(header), 'a header name'), findings)
      checkText(header, checking)
    }
  }
}

function reportIf(field: Field, complaint: Complaint | undefined, findings: Findings): void {
  if (complaint !== undefined) findings.report(field, complaint)
}

function textOf(field: Field, kind: string): string {
  return String(child(field, kind).value)
}

/** In a route that takes another away again, `match` is absent. */
function checkRoute(route: Field, { isRouted, managedRoutes }: Named, findings: Findings): void {
  expectMap(route, findings)
  if (!isRouted) findings.report(route, { message: 'needs trafficRouting', fix: routing })
  const field = child(route, 'name')
  const name = requiredText(field, findings, 'a name for the route')
  if (name === undefined || managedRoutes.length === 0 || managedRoutes.includes(name)) return
  findings.report(field, {
    message: `${JSON.stringify(name.slice(0, 100))} is not in trafficRouting.managedRoutes`,
    fix: `add it there, or write one of ${managedRoutes.slice(0, 5).join(', ')}`,
  })
}

const kinds = ['exact', 'prefix', 'regex'] as const
type Kind = (typeof kinds)[number]
// A longer one makes no regular expression in an edge.
const maxPrefixLength = 500

/** Exactly one kind of comparison, which means something; that one. An empty text is none. */
function checkText(match: Field, checking: Checking): Kind | undefined {
  const { findings } = checking
  expectMap(match, findings)
  const set = kinds.filter((kind) => isSet(child(match, kind)) && child(match, kind).value !== '')
  for (const kind of set) textIn(child(match, kind), findings)
  if (set.length === 0) findings.report(match, { message: 'compares with nothing', fix: 'write exact, prefix or regex' })
  if (set.length > 1) findings.report(match, { message: `has ${set.join(' and ')}, but only one may be set`, fix: `keep one of ${set.join(', ')}` })
  const kind = set[0]
  if (kind === undefined || set.length > 1 || typeof child(match, kind).value !== 'string') return undefined
  if (kind === 'regex') checkRegex(child(match, kind), textOf(match, kind), checking)
  return kind
}

function checkPath(path: Field, checking: Checking): void {
  const kind = checkText(path, checking)
  if (kind === 'exact') reportIf(child(path, kind), pathComplaint(textOf(path, kind)), checking.findings)
  if (kind === 'prefix' && textOf(path, kind).length > maxPrefixLength)
    checking.findings.report(child(path, kind), wrong(child(path, kind), 'too long', `write at most ${maxPrefixLength} characters`))
}
