// Requests as they are: no client library stands between the script and status, headers and body.
import { readFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { parse } from 'yaml'

export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly text: string }

export type Sent = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** A watch that is open: lines as they come. */
export type Stream = {
  readonly status: number
  readonly headers: Answer['headers']
  /** The next line; undefined at the end. Rejects after 20 s of silence. */
  next(): Promise<string | undefined>
  close(): void
}

export type Connection = {
  send(request: Sent): Promise<Answer>
  open(request: Sent): Promise<Stream>
  close(): void
}

type Kubeconfig = {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority'?: string; readonly 'certificate-authority-data'?: string } },
  ]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

const answerMs = 40_000
const silenceMs = 20_000

/** Where a server is, whom it must be to be believed, and who asks. */
export type Server = { readonly url: string; readonly caPem: string; readonly token: string }

/** The first cluster that the kubeconfig names, and its first user, who must have a token. */
export function serverOf(kubeconfig: string): Server {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
  const { server, 'certificate-authority': file, 'certificate-authority-data': data } = clusters[0].cluster
  const caPem = data === undefined ? readFileSync(file!, 'utf8') : Buffer.from(data, 'base64').toString()
  return { url: server, caPem, token: users[0].user.token }
}

export function connect({ url, caPem, token }: Server): Connection {
  const agent = new Agent({ keepAlive: true, ca: caPem })
  const base = { 'user-agent': 'conformance/1', accept: 'application/json', authorization: `Bearer ${token}` }

  function start({ method, path, headers, body }: Sent, signal: AbortSignal): ReturnType<typeof httpsRequest> {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const all = Object.entries({ ...base, ...length, ...headers }).filter(([, value]) => value !== '')
    const request = httpsRequest(`${url}${path.replaceAll(/[^!-~]|["<>\\^`{|}]/g, encodeURIComponent)}`, {
      method,
      headers: Object.fromEntries(all),
      agent,
      signal,
    })
    request.end(body)
    return request
  }

  return {
    send(sent) {
      return new Promise((resolve, reject) => {
        const request = start(sent, AbortSignal.timeout(answerMs))
        request.once('error', (cause) => reject(new Error(`${sent.method} ${sent.path}`, { cause })))
        request.once('response', (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.once('error', reject)
          response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }))
        })
      })
    },

    open(sent) {
      const stop = new AbortController()
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => stop.abort(new Error(`${sent.path} did not begin`)), silenceMs)
        const request = start(sent, stop.signal)
        request.once('error', reject)
        request.once('response', (response) => {
          clearTimeout(late)
          resolve({ status: response.statusCode ?? 0, headers: response.headers, next: lines(response), close: () => stop.abort() })
        })
      })
    },

    close: () => agent.destroy(),
  }
}

/** Reads ahead into memory, so that the server never waits for the script. */
function lines(response: NodeJS.ReadableStream): () => Promise<string | undefined> {
  const whole: string[] = []
  let rest = ''
  let ended = false
  let wake = (): void => undefined
  response.setEncoding('utf8')
  response.on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    whole.push(...parts.filter((line) => line !== ''))
    wake()
  })
  const end = (): void => {
    ended = true
    if (rest !== '') whole.push(rest)
    rest = ''
    wake()
  }
  response.once('end', end)
  response.once('error', end)
  return async () => {
    const deadline = performance.now() + silenceMs
    while (whole.length === 0 && !ended) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0) throw new Error(`no event within ${silenceMs} ms`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return whole.shift()
  }
}
