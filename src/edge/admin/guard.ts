import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createHash, timingSafeEqual } from '../../lib/crypto.ts'
import type { EdgeConfig } from '../config.ts'
import { type AdminAnswer, problem } from './answer.ts'

/** Who may use `/v1/*`; an answer means: refused. `admin` is the configuration in use at the moment. */
export async function refuse(request: IncomingMessage, admin: EdgeConfig['admin']): Promise<AdminAnswer | undefined> {
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
  if (admin.tokenFile !== undefined) return refuseToken(request, admin.tokenFile)
  if (local) return undefined
  return problem(403, {
    detail: 'Without a token, /v1 is served on loopback only.',
    fix: 'Set admin.tokenFile to a file that holds a token, and send it as Authorization: Bearer.',
  })
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
  const given = /^Bearer +([^ ]+) *$/i.exec(request.headers.authorization ?? '')?.[1]
  if (given !== undefined && timingSafeEqual(digest(given), digest(wanted))) return undefined
  const detail = given === undefined ? 'A bearer token is needed.' : 'This is not the token.'
  return problem(
    401,
    { detail, fix: 'Send Authorization: Bearer with the content of the file named by admin.tokenFile.' },
    { 'WWW-Authenticate': 'Bearer realm="spillway"' },
  )
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
