import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { ApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export type Answered = { readonly code: number; readonly headers: IncomingMessage['headers']; readonly body: any; readonly text: string }

export type Ask = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }

/** Speaks HTTP with a sandbox as its administrator. */
export function clientOf({ url, caPem, adminToken }: Pick<ApiServer, 'url' | 'caPem' | 'adminToken'>) {
  const open = async (method: string, path: string, { body, headers }: Ask = {}): Promise<IncomingMessage> => {
    const sent = request(`${url}${path}`, {
      method,
      ca: caPem,
      agent: false,
      headers: {
        Authorization: `Bearer ${adminToken}`,
        'User-Agent': 'test/1',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
    })
    const content = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
    // A DELETE is sent without one of its own accord.
    if (content !== undefined) sent.setHeader('Content-Length', Buffer.byteLength(content))
    sent.end(content)
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return response
  }
  const ask = async (method: string, path: string, asked?: Ask): Promise<Answered> => {
    const response = await open(method, path, asked)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    const isJson = (response.headers['content-type'] ?? '').startsWith('application/json')
    return { code: response.statusCode ?? 0, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : undefined, text }
  }
  return {
    ask,
    get: (path: string, headers?: Ask['headers']) => ask('GET', path, headers === undefined ? {} : { headers }),
    post: (path: string, body: unknown) => ask('POST', path, { body }),
    put: (path: string, body: unknown) => ask('PUT', path, { body }),
    merge: (path: string, body: unknown) => ask('PATCH', path, { body, headers: { 'Content-Type': 'application/merge-patch+json' } }),
    delete: (path: string, body?: unknown) => ask('DELETE', path, body === undefined ? {} : { body }),
    /** A watch, event by event; `next` is undefined at its end. */
    async watch(path: string, headers?: Ask['headers']) {
      const response = await open('GET', path, headers === undefined ? {} : { headers })
      const lines = linesOf(response)
      return {
        code: response.statusCode ?? 0,
        // biome-ignore lint/suspicious/noExplicitAny: as above
        async next(): Promise<any> {
          const { value, done } = await lines.next()
          return done === true ? undefined : JSON.parse(value)
        },
        close: () => void response.destroy(),
      }
    },
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string, undefined, void> {
  let rest = ''
  for await (const chunk of response.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  return undefined
}
