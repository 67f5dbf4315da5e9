/** Clients of the shop: a steady rate of requests over kept connections to all edges, each answer judged. */
import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { evenArrivals, runOpenLoop, systemClock } from '../../src/lib/openLoop.ts'
import { shopHost } from './manifests.ts'

export type Tally = {
  sent: number
  /** By version. */
  readonly versions: Record<string, number>
  readonly failed: string[]
  /** In flight on an edge that was killed. */
  readonly excepted: string[]
  /** Of POSTs that were answered, and of those that nobody answered for certain. */
  readonly posted: Set<string>
}

export type Load = {
  readonly tally: Tally
  /** From now on: the share of each version among the answers. */
  share(durationMs: number): Promise<Readonly<Record<string, number>>>
  /** This edge is dead: whoever had a connection to it dials another one. */
  lose(url: string): void
  regain(url: string): void
  /** Resolves once no more requests are under way. */
  end(): Promise<Tally>
}

const timeoutMs = 10_000
/** One in so many is a POST. */
const postEvery = 10

export function startLoad({ urls, rate }: { readonly urls: readonly string[]; readonly rate: number }): Load {
  const tally: Tally = { sent: 0, versions: {}, failed: [], excepted: [], posted: new Set() }
  const agents = new Map(urls.map((url) => [url, new Agent({ keepAlive: true, maxSockets: 32, scheduling: 'fifo' })]))
  const lost = new Set<string>()
  const under = new Set<Promise<void>>()
  const stop = new AbortController()
  const run = Math.random().toString(36).slice(2, 8)

  function ask(index: number): Promise<void> {
    const living = urls.filter((url) => !lost.has(url))
    const url = living[index % living.length]!
    const isPost = index % postEvery === 0
    const number = `${run}-${index}`
    const { promise, resolve } = Promise.withResolvers<void>()
    const attempt = (again: boolean): void => {
      const headers = { host: shopHost, ...(isPost && { 'x-number': number, 'content-length': '0' }) }
      const sent = httpRequest(url, { method: isPost ? 'POST' : 'GET', headers, agent: agents.get(url)!, timeout: timeoutMs })
      let hasAnswer = false
      sent.once('timeout', () => sent.destroy(new Error(`nothing for ${timeoutMs} ms`)))
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // A server may close a kept connection just when it is used again; nothing of the answer was read, so that a GET may be sent again (RFC 9112 §9.3.1).
        if (!again && !isPost && sent.reusedSocket && !hasAnswer && !lost.has(url)) return attempt(true)
        const told = `${isPost ? 'POST' : 'GET'} ${error.code ?? error.message}`
        if (lost.has(url)) tally.excepted.push(told)
        else tally.failed.push(told)
        resolve()
      })
      sent.once('response', (response) => {
        hasAnswer = true
        let text = ''
        response.setEncoding('utf8').on('data', (more: string) => (text += more))
        response.once('end', () => {
          if (response.statusCode !== 200) tally.failed.push(`${isPost ? 'POST' : 'GET'} ${response.statusCode} ${text.slice(0, 80)}`)
          else {
            const { version } = JSON.parse(text) as { version: string }
            tally.versions[version] = (tally.versions[version] ?? 0) + 1
            if (isPost) tally.posted.add(number)
          }
          resolve()
        })
      })
      sent.end()
    }
    attempt(false)
    return promise
  }

  const loop = runOpenLoop({
    clock: systemClock,
    arrivals: evenArrivals(rate),
    durationMs: 3_600_000,
    signal: stop.signal,
    onDue(_, index) {
      tally.sent++
      const asked = ask(index).then(() => void under.delete(asked))
      under.add(asked)
    },
  })

  return {
    tally,
    async share(durationMs) {
      const before = { ...tally.versions }
      await new Promise((resolve) => setTimeout(resolve, durationMs))
      const counts = Object.entries(tally.versions).map(([version, count]) => [version, count - (before[version] ?? 0)] as const)
      const all = counts.reduce((sum, [, count]) => sum + count, 0)
      return Object.fromEntries(counts.map(([version, count]) => [version, count / all]))
    },
    lose(url) {
      lost.add(url)
    },
    regain(url) {
      agents.get(url)?.destroy()
      agents.set(url, new Agent({ keepAlive: true, maxSockets: 32, scheduling: 'fifo' }))
      lost.delete(url)
    },
    async end() {
      stop.abort()
      await loop
      await Promise.all(under)
      for (const agent of agents.values()) agent.destroy()
      return tally
    },
  }
}

/** The version that answers one request with these fields. */
export async function versionFor(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const sent = httpRequest(url, { headers: { host: shopHost, ...headers }, timeout: timeoutMs })
  sent.end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return (JSON.parse(text) as { version: string }).version
}
