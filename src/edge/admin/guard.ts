import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createHash, timingSafeEqual } from '../../lib/crypto.ts'
import type { EdgeConfig } from '../config.ts'
import { type AdminAnswer, problem } from './answer.ts'

/** What is known of a bearer token: of whom it is, and whether that one is trusted. `detail` is for people, without anything of the token. */
export type TokenVerdict =
  | { readonly kind: 'trusted' }
  /** Nobody's, or not for here. */
  | { readonly kind: 'unauthenticated'; readonly detail: string }
  | { readonly kind: 'forbidden'; readonly detail: string }
  /** It could not be checked. */
  | { readonly kind: 'unavailable'; readonly detail: string }

/** Never rejects. */
export type Authenticate = (token: string) => Promise<TokenVerdict>

/**
 * Who may use `/v1/*`; an answer means: refused. `admin` is the configuration in use at the moment. With `authenticate` everybody needs a token, those on
 * loopback too: in a sandbox, each pod is.
 */
export async function refuse(request: IncomingMessage, admin: EdgeConfig['admin'], authenticate?: Authenticate): Promise<AdminAnswer | undefined> {
  const local = isLoopback(request.socket.localAddress ?? '')
  if (local && !isOwnHost(request.headers.host, admin.address.host)) {
    // A page whose name was made to resolve to 127.0.0.1 (DNS rebinding) still sends its own name.
    return problem(421, { detail: 'The Host header names no loopback address.', fix: `Address the admin API as 127.0.0.1, [::1] or localhost.` })
  }
  if (isWrite(request) && isForeignOrigin(request)) {
    return problem(403, {
      detail: 'A page of another origin may not change weights.',
      fix: 'Send the request from outside a browser, without an Origin header.',
    })
  }
  if (authenticate !== undefined) return refuseStranger(request, authenticate)
  if (admin.tokenFile !== undefined) return refuseToken(request, admin.tokenFile)
  if (local) return undefined
  return problem(403, {
    detail: 'Without a token, /v1 is served on loopback only.',
    fix: 'Set admin.tokenFile to a file that holds a token, and send it as Authorization: Bearer.',
  })
}

async function refuseStranger(request: IncomingMessage, authenticate: Authenticate): Promise<AdminAnswer | undefined> {
  const token = bearerIn(request)
  const wanted = 'Send Authorization: Bearer with a token for the audience of edges, of an account that this edge was told to trust.'
  if (token === undefined) return unauthorized('A bearer token is needed.', wanted)
  const verdict = await authenticate(token)
  switch (verdict.kind) {
    case 'trusted':
      return undefined
    case 'unauthenticated':
      return unauthorized(verdict.detail, wanted)
    case 'forbidden':
      return problem(403, { detail: verdict.detail, fix: wanted })
    case 'unavailable':
      return problem(503, { detail: verdict.detail, fix: 'Ask again in a moment.' }, { 'Retry-After': '1' })
  }
}

function unauthorized(detail: string, fix: string): AdminAnswer {
  return problem(401, { detail, fix }, { 'WWW-Authenticate': 'Bearer realm="spillway"' })
}

function bearerIn(request: IncomingMessage): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1]
}

async function refuseToken(request: IncomingMessage, tokenFile: string): Promise<AdminAnswer | undefined> {
  // Read each time: a rotated token counts at once, and nothing has to watch the file.
  const wanted = await readToken(tokenFile)
  if (wanted === '') {
    return problem(503, {
      detail: 'The file named by admin.tokenFile cannot be read, or is empty.',
      fix: 'Write the token into it and let the edge read it.',
    })
  }
  const given = bearerIn(request)
  if (given !== undefined && timingSafeEqual(digest(given), digest(wanted))) return undefined
  const detail = given === undefined ? 'A bearer token is needed.' : 'This is not the token.'
  return unauthorized(detail, 'Send Authorization: Bearer with the content of the file named by admin.tokenFile.')
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, { encoding: 'utf8', signal: AbortSignal.timeout(2_000) })).trim()
  } catch {
    return ''
  }
}

/** Of equal length whatever the token's, so that the comparison tells nothing of it. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function isWrite(request: IncomingMessage): boolean {
  return request.method !== 'GET' && request.method !== 'HEAD'
}

function isForeignOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  return origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`
}

export function isLoopback(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address
  return plain === '::1' || /^127(\.\d{1,3}){3}$/.test(plain)
}

function isOwnHost(host: string | undefined, adminHost: string): boolean {
  const name = /^(\[[^\]]*\]|[^:[\]]*)(?::\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase() ?? ''
  const bare = name.startsWith('[') ? name.slice(1, -1) : name
  return bare === 'localhost' || isLoopback(bare) || (bare !== '' && bare === adminHost.toLowerCase())
}
