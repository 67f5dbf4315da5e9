import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { KubeObject } from '../../src/api/meta.ts'
import type { Connection } from '../../src/kube/connection.ts'
import type { Resource } from '../../src/kube/resource.ts'

/** A server that knows one kind, `things`, and does to its callers whatever a test has it do. */
export type ApiServer = {
  readonly connection: Connection
  /** What callers asked for, in order. */
  readonly asked: string[]
  put(name: string, fields?: Readonly<Record<string, unknown>>): KubeObject
  remove(name: string): void
  objects(): readonly KubeObject[]
  /** Versions before the present one can no longer be watched from. */
  compact(): void
  /** Ends, or with `half` silences, the watches that are open. */
  cut(how: 'end' | 'reset' | 'half'): void
  /** Sends this to all open watches. */
  send(line: string): void
  /** Looks at each request first; returns true where it has answered it. */
  intercept(fault: Fault | undefined): void
  close(): Promise<void>
}

export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean

export const things: Resource = { group: 'test.example', version: 'v1', name: 'things', kind: 'Thing', namespaced: true }

type Change = { readonly version: number; readonly type: string; readonly object: KubeObject }

export async function startApiServer(): Promise<ApiServer> {
  const present = new Map<string, KubeObject>()
  const history: Change[] = []
  const watches = new Set<ServerResponse>()
  const silenced = new Set<ServerResponse>()
  const sockets = new Set<Socket>()
  const asked: string[] = []
  let version = 100
  let compacted = 0
  let fault: Fault | undefined

  function change(type: string, object: KubeObject): KubeObject {
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    history.push({ version, type, object: stamped })
    const line = `${JSON.stringify({ type, object: stamped })}\n`
    for (const watch of watches) if (!silenced.has(watch)) watch.write(line)
    return stamped
  }

  function status(response: ServerResponse, code: number, reason: string, headers: Record<string, string> = {}): void {
    response.writeHead(code, { 'Content-Type': 'application/json', ...headers })
    response.end(JSON.stringify({ kind: 'Status', code, reason, message: `${reason} as told` }))
  }

  function list(url: URL, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? present.size)
    const [at = String(version), from = '0'] = (url.searchParams.get('continue') ?? '').split('.').filter((part) => part !== '')
    if (Number(at) < compacted) return status(response, 410, 'Expired')
    const all = [...present.values()]
    const next = Number(from) + limit
    const metadata = { resourceVersion: at, ...(next < all.length && { continue: `${at}.${next}` }) }
    response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ kind: 'ThingList', metadata, items: all.slice(Number(from), next) }))
  }

  function watch(url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'))
    if (from < compacted) return status(response, 410, 'Expired')
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    for (const { version, type, object } of history) if (version > from) response.write(`${JSON.stringify({ type, object })}\n`)
    watches.add(response)
    const timer = setTimeout(() => !silenced.has(response) && response.end(), Number(url.searchParams.get('timeoutSeconds')) * 1_000)
    response.once('close', () => {
      clearTimeout(timer)
      watches.delete(response)
      silenced.delete(response)
    })
  }

  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (fault?.(request, response)) return
    const url = new URL(request.url ?? '/', 'http://server')
    if (url.searchParams.get('watch') === 'true') watch(url, response)
    else list(url, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    connection: {
      server: `http://127.0.0.1:${port}`,
      namespace: 'default',
      proxy: undefined,
      context: '',
      isInsecure: false,
      credentials: async () => ({ tls: {}, headers: {} }),
      distrust: () => undefined,
    },
    asked,
    put(name, fields = {}) {
      const before = present.get(name)
      version++
      const metadata = { ...(before?.metadata ?? { name, namespace: 'default', uid: `${name}-${version}` }) }
      const object = change(before === undefined ? 'ADDED' : 'MODIFIED', { ...fields, metadata })
      present.set(name, object)
      return object
    },
    remove(name) {
      const before = present.get(name)
      if (before === undefined) return
      present.delete(name)
      version++
      change('DELETED', before)
    },
    objects: () => [...present.values()],
    compact() {
      compacted = version
      history.length = 0
    },
    cut(how) {
      for (const each of [...watches]) {
        if (how !== 'half') watches.delete(each)
        if (how === 'end') each.end()
        else if (how === 'reset') each.destroy()
        else silenced.add(each)
      }
    },
    send(line) {
      for (const each of watches) each.write(line)
    },
    intercept: (next) => {
      fault = next
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Answers as a server that fails. */
export function failWith(response: ServerResponse, code: number, headers: Readonly<Record<string, string>> = {}): true {
  response.writeHead(code, { 'Content-Type': 'application/json', ...headers })
  response.end(JSON.stringify({ kind: 'Status', code, reason: 'Injected', message: 'injected' }))
  return true
}
