import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Page = { readonly status: number; readonly contentType: string; readonly body: string }

/** Listens, and answers GET of these paths, and nothing else. Rejects where the port cannot be had. */
export async function servePages(
  pages: Readonly<Record<string, () => Promise<Page>>>,
  { host, port }: { readonly host: string | undefined; readonly port: number },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer(
    { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? ''
      const page = Object.hasOwn(pages, path) ? pages[path] : undefined
      const answer = ({ status, contentType, body }: Page): void => {
        response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body), 'Cache-Control': 'no-store' })
        response.end(request.method === 'HEAD' ? undefined : body)
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') answer(text(405, 'only GET\n'))
      else if (page === undefined) answer(text(404, `${Object.keys(pages).join(', ')}\n`))
      else page().then(answer, () => answer(text(500, 'this could not be told\n')))
    },
  )
  server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...(host !== undefined && { host }), port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

export function text(status: number, body: string): Page {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}

const maxConnections = 128
