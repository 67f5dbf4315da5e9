import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect } from 'node:net'
import type { Container, HttpGetAction } from '../../../api/container.ts'
import type { Outcome } from './threshold.ts'

/** Where a pod's ports are really listened on. */
export type PodAddress = { readonly ip: string; portOf(containerPort: number): number }

/** A number, or the port of that name; undefined if there is none. */
export function portNumber(port: number | string, { ports = [] }: Pick<Container, 'ports'>): number | undefined {
  if (typeof port === 'number') return port
  return ports.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined)
}

export function tcpProbe(host: string, port: number, timeoutMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const target = `${bracketed(host)}:${port}`
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (outcome: Outcome): void => {
      socket.destroy()
      resolve(outcome)
    }
    socket.once('connect', () => end({ kind: 'success' }))
    socket.once('timeout', () => end({ kind: 'failure', output: `dial tcp ${target}: i/o timeout` }))
    socket.once('error', (error) => end({ kind: 'failure', output: `dial tcp ${target}: ${dialProblem(error)}` }))
  })
}

export type HttpTarget = {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export function httpTarget(action: HttpGetAction, container: Container, address: PodAddress): HttpTarget | undefined {
  const port = portNumber(action.port, container)
  if (port === undefined) return undefined
  const given = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]))
  const has = (name: string): boolean => Object.keys(given).some((key) => key.toLowerCase() === name)
  const headers = { ...(!has('user-agent') && { 'User-Agent': 'kube-probe/1.34' }), ...(!has('accept') && { Accept: '*/*' }), ...given }
  const path = action.path === undefined || action.path === '' ? '/' : action.path.startsWith('/') ? action.path : `/${action.path}`
  return {
    scheme: action.scheme === 'HTTPS' ? 'https' : 'http',
    host: action.host || address.ip,
    port: action.host ? port : address.portOf(port),
    path,
    headers,
  }
}

const redirectsMaximum = 10

/** Certificates are not looked at, and a redirection to another host is success enough, as there. */
export async function httpProbe(target: HttpTarget, timeoutMs: number): Promise<Outcome> {
  const endMs = performance.now() + timeoutMs
  let url = new URL(target.path, `${target.scheme}://${bracketed(target.host)}:${target.port}`)
  for (let redirects = 0; ; redirects++) {
    const answer = await get(url, target.headers, Math.max(1, endMs - performance.now()))
    if (answer.kind !== 'answer') return { kind: 'failure', output: `Get "${url.href}": ${answer.problem}` }
    const { status, location } = answer
    if (status >= 301 && status <= 308 && location !== undefined && status !== 304 && status !== 305 && status !== 306) {
      if (redirects === redirectsMaximum) return { kind: 'failure', output: `Get "${location}": stopped after ${redirectsMaximum} redirects` }
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
      if (next === undefined || next.hostname !== url.hostname) return { kind: 'success' }
      url = next
      continue
    }
    return status >= 200 && status < 400 ? { kind: 'success' } : { kind: 'failure', output: `HTTP probe failed with statuscode: ${status}` }
  }
}

type Got =
  | { readonly kind: 'answer'; readonly status: number; readonly location: string | undefined }
  | { readonly kind: 'none'; readonly problem: string }

function get(url: URL, headers: Readonly<Record<string, string>>, timeoutMs: number): Promise<Got> {
  return new Promise((resolve) => {
    const answered = (response: IncomingMessage): void => {
      resolve({ kind: 'answer', status: response.statusCode ?? 0, location: response.headers.location })
      request.destroy()
    }
    const options = { headers, agent: false as const }
    const request =
      url.protocol === 'https:' ? requestHttps(url, { ...options, rejectUnauthorized: false }, answered) : requestHttp(url, options, answered)
    const late = setTimeout(() => {
      resolve({ kind: 'none', problem: 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' })
      request.destroy()
    }, timeoutMs)
    request.once('close', () => clearTimeout(late))
    request.on('error', (error) => resolve({ kind: 'none', problem: httpProblem(error, url) }))
    request.end()
  })
}

function httpProblem(error: Error, url: URL): string {
  const { code } = error as NodeJS.ErrnoException
  const target = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`
  if (code === 'ECONNRESET') return /hang up/.test(error.message) ? 'EOF' : `read tcp ${target}: read: connection reset by peer`
  const { syscall } = error as NodeJS.ErrnoException
  return syscall === 'connect' || syscall === 'getaddrinfo' ? `dial tcp ${target}: ${dialProblem(error)}` : error.message
}

function dialProblem(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    ECONNRESET: 'connect: connection reset by peer',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'i/o timeout',
    ENOTFOUND: 'lookup: no such host',
  }
  return known[code ?? ''] ?? error.message
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)
