import type { CompiledMatch, CompiledNamedMatch, Test } from '../core/routing/compile.ts'
import { fieldIs, type RequestHead, requestMethods } from './http1/requestHead.ts'

/** Whether one of `matches` holds for the request; an empty list always does. Cost: the fields of the request times the header conditions. */
export function matchesAny(matches: readonly CompiledMatch[], head: RequestHead): boolean {
  if (matches.length === 0) return true
  for (const match of matches) if (holds(match, head)) return true
  return false
}

function holds(match: CompiledMatch, head: RequestHead): boolean {
  if (match.method !== undefined && match.method !== requestMethods[head.method]) return false
  for (const header of match.headers) if (!headerHolds(header, head)) return false
  if (match.path !== undefined && !match.path(pathOf(head.target))) return false
  for (const cookie of match.cookies) if (!valuesHold(cookie.test, cookieValues(head, cookie.name))) return false
  for (const parameter of match.query) if (!valuesHold(parameter.test, queryValues(head.target, parameter.name))) return false
  return true
}

export function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

function headerHolds(header: CompiledNamedMatch, head: RequestHead): boolean {
  const { fields, text } = head
  let found = -1
  for (let field = 0; field < fields.count; field++) {
    if (!fieldIs(text, fields.nameStart(field), fields.nameEnd(field), header.name)) continue
    if (header.test === 'present') return true
    // Two values are ambiguous: the upstream may believe the other one.
    if (found >= 0) return false
    found = field
  }
  return found >= 0 && (header.test as Test)(head.value(found))
}

function valuesHold(test: Test | 'present', values: readonly string[]): boolean {
  if (test === 'present') return values.length > 0
  return values.length === 1 && test(values[0]!)
}

/** RFC 6265 §5.4: pairs separated by `; `. A value in quotes is taken with them, as servers differ on what they mean. */
function cookieValues(head: RequestHead, name: string): string[] {
  const values: string[] = []
  const { fields, text } = head
  for (let field = 0; field < fields.count; field++) {
    if (!fieldIs(text, fields.nameStart(field), fields.nameEnd(field), 'cookie')) continue
    for (const pair of head.value(field).split(';')) {
      const equals = pair.indexOf('=')
      if (equals >= 0 && pair.slice(0, equals).trim() === name) values.push(pair.slice(equals + 1).trim())
    }
  }
  return values
}

/** Values of a query parameter, percent-decoded; what cannot be decoded is taken as it is. */
function queryValues(target: string, name: string): string[] {
  const start = target.indexOf('?')
  if (start < 0) return []
  const values: string[] = []
  for (const pair of target.slice(start + 1).split('&')) {
    const equals = pair.indexOf('=')
    if (decode(equals < 0 ? pair : pair.slice(0, equals)) === name) values.push(equals < 0 ? '' : decode(pair.slice(equals + 1)))
  }
  return values
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch (error) {
    if (error instanceof URIError) return spaced
    throw error
  }
}

/** `Connection: X-Canary` would take away what the choice of a version hangs on. */
export function hidesRouting(head: RequestHead, routingHeaders: ReadonlySet<string>): boolean {
  const { names } = head.connection
  return names.length > 0 && names.some((name) => routingHeaders.has(name))
}
