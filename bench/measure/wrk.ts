import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Children } from './children.ts'
import { within } from './waiting.ts'

/** `cookie` is sent beside those that a browser has for the site anyway. */
export type Target = { readonly host: string; readonly path: string; readonly cookie?: string }

/** What the load generator sends, over and over. */
export type Load = {
  readonly connections: number
  readonly method: 'GET' | 'POST'
  /** Sent in turn; each connection takes the next one. */
  readonly targets: readonly Target[]
  readonly bodyBytes: number
  readonly closesConnections: boolean
  /** At least so many bytes must come back per request, or the run counts as broken. */
  readonly replyBytes: number
}

export type LoadResult = {
  readonly requests: number
  readonly durationMs: number
  readonly bytes: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Connections not made or broken, timeouts and answers beyond 399. */
  readonly errors: number
}

/** What a desktop browser sends on a click inside a site; with Host, eight fields. */
const browserFields: Readonly<Record<string, string>> = {
  'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language': 'en-GB,en;q=0.7,fr;q=0.3',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  Referer: 'https://shop.example/category/garden?page=3&sort=price',
  Cookie: 'sid=9f2c1d7ab04e4e63b8f5; basket=3f1e88; currency=EUR; seen=17.204.311',
  'Sec-Fetch-Site': 'same-origin',
}

/** The script that makes wrk send `load` and end with one line that `parseResult` reads. */
export function wrkScript(load: Load): string {
  const fields = { ...browserFields, ...(load.closesConnections ? { Connection: 'close' } : {}) }
  const lines = [`wrk.method = ${lua(load.method)}`, ...Object.entries(fields).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`)]
  if (load.bodyBytes > 0) {
    lines.push(`wrk.body = string.rep("x", ${load.bodyBytes})`, `wrk.headers["Content-Type"] = "application/octet-stream"`)
  }
  const [first, ...more] = load.targets
  if (!first) throw new Error('a load needs a target')
  if (more.length === 0 && first.cookie === undefined) lines.push(`wrk.headers["Host"] = ${lua(first.host)}`, `wrk.path = ${lua(first.path)}`)
  else lines.push(...manyTargets(load.targets))
  lines.push(
    'function done(summary, latency)',
    '  local e = summary.errors',
    '  io.write(string.format("result %d %d %d %d %d %d\\n", summary.requests, summary.duration, summary.bytes,',
    '    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))',
    'end',
  )
  return `${lines.join('\n')}\n`
}

/** All requests are built before the run: building them in `request` would make the client the slowest part. */
function manyTargets(targets: readonly Target[]): string[] {
  return [
    'local requests, at = {}, 0',
    'function init()',
    ...targets.map(({ host, path, cookie }) => {
      const cookies = cookie === undefined ? '' : ` wrk.headers["Cookie"] = ${lua(`${browserFields['Cookie']}; ${cookie}`)};`
      return `  wrk.headers["Host"] = ${lua(host)};${cookies} requests[#requests + 1] = wrk.format(nil, ${lua(path)})`
    }),
    'end',
    'function request()',
    '  at = at % #requests + 1',
    '  return requests[at]',
    'end',
  ]
}

function lua(text: string): string {
  if (/[^\x20-\x7e]/.test(text)) throw new Error(`not plain ASCII: ${text}`)
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

export function parseResult(output: string): LoadResult {
  const match = /^result (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output)
  if (!match) throw new Error(`no result in what wrk wrote: ${output.trim() || '(nothing)'}`)
  const [requests, micros, bytes, p50, p99, errors] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  return { requests, durationMs: micros / 1000, bytes, p50Ms: p50 / 1000, p99Ms: p99 / 1000, errors }
}

export type LoadRun = { readonly port: number; readonly scheme?: 'http' | 'https'; readonly seconds: number; readonly load: Load }
export type LoadTools = { readonly children: Children; readonly directory: string; readonly core: number; readonly signal: AbortSignal }

let scripts = 0

/** Runs wrk once, in one thread; throws when it fails or when replies are shorter than they must be. */
export async function runWrk(
  { port, scheme = 'http', seconds, load }: LoadRun,
  { children, directory, core, signal }: LoadTools,
): Promise<LoadResult> {
  const script = join(directory, `load-${scripts++}.lua`)
  writeFileSync(script, wrkScript(load))
  const args = ['-t1', `-c${load.connections}`, `-d${seconds}s`, '--timeout', '2s', '-s', script, `${scheme}://127.0.0.1:${port}`]
  const child = children.start({ name: 'wrk', command: 'wrk', args, core })
  try {
    const how = await within('wrk', child.ended, { deadlineMs: seconds * 1000 + 10_000, signal })
    if (how !== 'exit 0') throw new Error(`wrk: ${how}\n${child.complaint()}`)
    const result = parseResult(child.stdout())
    if (result.requests === 0) throw new Error('not one request was answered')
    if (result.bytes / result.requests < load.replyBytes && result.errors === 0)
      throw new Error(`replies of ${Math.round(result.bytes / result.requests)} bytes instead of ${load.replyBytes}`)
    return result
  } finally {
    await child.stop()
  }
}
