import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'

export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

/** One request to 127.0.0.1 and its whole answer; fails after `timeoutMs` without a byte, or with the signal. */
export function exchange(options: RequestOptions & { readonly timeoutMs: number; readonly signal: AbortSignal }, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', timeout: options.timeoutMs, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${options.timeoutMs} ms`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

export function keepAliveAgent(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections })
}
