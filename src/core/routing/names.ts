/** What the texts of a routing may look like. The patterns are strings, so that a JSON Schema can carry them too. */

/** What is wrong with a value, and what to write instead. */
export type Complaint = { readonly message: string; readonly fix: string }

/** Splits, backends and the routes of a split. */
export const namePattern = '^[A-Za-z0-9][-A-Za-z0-9_.]{0,252}$'
const label = '[a-z0-9_](?:[-a-z0-9_]{0,61}[a-z0-9_])?'
/** A name, `*.` and a name, or an IPv6 literal in brackets; an IPv4 literal looks like a name. */
export const hostPattern = `^(?=.{1,253}$)(?:(?:\\*\\.)?${label}(?:\\.${label})*|\\[[0-9a-f]{0,4}:[0-9a-f:.]{1,44}\\])$`
/** Visible ASCII but `#` and `?`: what can stand before the query of a request target. */
export const pathPattern = '^/[!-"$->@-~]{0,8191}$'
/** RFC 9110 §5.6.2. */
export const tokenPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$"

const nameExpression = new RegExp(namePattern)
const hostExpression = new RegExp(hostPattern)
const pathExpression = new RegExp(pathPattern)
const tokenExpression = new RegExp(tokenPattern)

/** A value as a message shows it: as JSON, and no longer than a line can bear. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 76)}…${text.startsWith('"') ? '"' : ''}` : text
}

export function nameComplaint(name: string): Complaint | undefined {
  if (nameExpression.test(name)) return undefined
  return {
    message: `${shown(name)} is not a name`,
    fix: 'write 1 to 253 letters, digits, hyphens, underscores and dots, beginning with a letter or digit',
  }
}

export function hostComplaint(host: string): Complaint | undefined {
  if (hostExpression.test(host)) return undefined
  const message = `${shown(host)} is not a host`
  const meant = likelyHost(host)
  if (meant !== undefined) return { message, fix: `write ${meant}` }
  return { message, fix: 'write a lower-case name like shop.example, *.example for all names below it, or an IPv6 literal like [::1]; no port' }
}

/** What the author of a malformed host probably meant: without scheme, path, port and final dot, in lower case, in brackets. */
function likelyHost(host: string): string | undefined {
  const bare = host
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/\/.*$/, '')
  const candidates = [bare, bare.replace(/:[0-9]*$/, ''), `[${bare}]`].map((candidate) => candidate.replace(/\.$/, ''))
  return candidates.find((candidate) => hostExpression.test(candidate))
}

export function pathComplaint(path: string): Complaint | undefined {
  if (pathExpression.test(path)) return undefined
  const message = `${shown(path)} is not a path`
  if (!path.startsWith('/') && pathExpression.test(`/${path}`)) return { message, fix: `write ${shown(`/${path}`)}` }
  const cut = path.search(/[?#]/)
  if (cut > 0 && pathExpression.test(path.slice(0, cut)))
    return { message, fix: `write ${shown(path.slice(0, cut))}; a query is matched by \`query\` in a route of a split` }
  return { message, fix: 'begin with / and write other characters than visible ASCII as %XX' }
}

export function tokenComplaint(token: string, what: string): Complaint | undefined {
  if (tokenExpression.test(token)) return undefined
  return { message: `${shown(token)} is not ${what}`, fix: "write 1 to 256 letters, digits and !#$%&'*+-.^_`|~" }
}

const usualMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

/** Methods compare with case (RFC 9110 §9.1): `get` would never match what clients send. */
export function methodComplaint(method: string): Complaint | undefined {
  const malformed = tokenComplaint(method, 'a method')
  if (malformed !== undefined) return malformed
  const upper = method.toUpperCase()
  if (upper === 'CONNECT') return { message: 'CONNECT is never forwarded', fix: 'leave this match out' }
  if (method === upper || !usualMethods.includes(upper)) return undefined
  return { message: `${shown(method)} is never sent: methods compare with case`, fix: `write ${upper}` }
}

/** A path as text: `splits.shop.routes[0].backend`; a name with a dot is quoted: `splits["a.b"]`. */
export function fieldText(path: readonly (string | number)[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else if (!/^[-\w]+$/.test(part)) text += `[${shown(part)}]`
    else text += text === '' ? part : `.${part}`
  }
  return text
}
