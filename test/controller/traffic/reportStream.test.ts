import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Agent } from 'undici'
import { type ReportStreamOptions, readReports } from '../../../src/controller/traffic/reportStream.ts'
import type { TrafficReport } from '../../../src/core/routing/report.ts'
import { until } from '../../edge/admin/stubEdge.ts'
import { report } from './reports.ts'
import { line, type Script, startScriptedEdge } from './scriptedEdge.ts'

const patient = { headMs: 10_000, silenceMs: 10_000, backoff: { firstMs: 5, longestMs: 20 } }
const hasty = { ...patient, headMs: 300, silenceMs: 300 }
const later = (text: string, change: Partial<TrafficReport> = {}): TrafficReport => report({ cursor: text, complete: false, splits: [], ...change })

async function read(t: Test, script: Script, options: Partial<ReportStreamOptions> = {}) {
  const edge = await startScriptedEdge(script)
  const dispatcher = new Agent()
  const stop = new AbortController()
  const reports: TrafficReport[] = []
  const troubles: string[] = []
  const ended = readReports(
    {
      url: edge.url,
      tokenFile: undefined,
      dispatcher,
      onReport: (each) => void reports.push(each),
      onTrouble: (reason) => void troubles.push(reason),
      times: patient,
      longestLine: 1_000_000,
      ...options,
    },
    stop.signal,
  )
  t.teardown(async () => {
    stop.abort()
    await ended
    await dispatcher.destroy()
    await edge.close()
  })
  return { edge, reports, troubles, stop, ended }
}

t.test('lines are read as they come, however they are cut', async (t) => {
  const { reports } = await read(t, async (_, response) => {
    const text = line(report()) + line(later('i1.2')) + line(later('i1.3'))
    for (let at = 0; at < text.length; at += 97) {
      response.write(text.slice(at, at + 97))
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  await until(() => reports.length === 3, 'three lines')
  t.strictSame(
    reports.map(({ cursor }) => cursor),
    ['i1.1', 'i1.2', 'i1.3'],
  )
})

t.test('who was cut off goes on from where it was', async (t) => {
  const { edge, reports, troubles } = await read(t, (_, response, nth) => {
    if (nth === 1) response.end(line(report()) + line(later('i1.7')))
    else response.write(line(later('i1.8')))
  })
  await until(() => reports.length === 3, 'three lines')
  t.strictSame(
    edge.asked.map(({ url }) => url),
    ['/v1/reports', '/v1/reports?since=i1.7'],
  )
  t.strictSame(troubles, ['the edge has ended the stream'])
})

t.test('another instance tells everything, and is followed', async (t) => {
  const { reports, troubles } = await read(t, (_, response, nth) => {
    if (nth === 1) response.end(line(report()))
    else response.write(line(report({ instance: 'i2', cursor: 'i2.1' })) + line(later('i2.2', { instance: 'i2' })))
  })
  await until(() => reports.length === 3, 'three lines')
  t.strictSame(troubles, ['the edge has ended the stream'])
})

/** What the first answer is; the second one is right. */
const lies: readonly { readonly name: string; readonly script: Script; readonly says: RegExp; readonly since?: string; readonly isSlow?: boolean }[] =
  [
    { name: 'no JSON', script: (_, response) => void response.write('<html>\n'), says: /no report: not JSON/ },
    { name: 'JSON that is no report', script: (_, response) => void response.write('{"instance":1}\n'), says: /no report: scope is not an object/ },
    {
      name: 'a difference to what nobody told',
      script: (_, response) => void response.write(line(later('i1.5'))),
      says: /goes on from what nobody has told/,
    },
    {
      name: 'a difference to another instance',
      script: (_, response) => void response.write(line(report()) + line(later('i2.5', { instance: 'i2' }))),
      says: /goes on from what nobody has told/,
      since: '',
    },
    { name: 'a line without end', script: endless, says: /a line of more than 1000000 bytes/ },
    {
      name: 'an answer without lines',
      script: (_, response) => void response.writeHead(200).flushHeaders(),
      says: /no line within 0.3 s/,
      isSlow: true,
    },
    { name: 'bytes, but never a line', script: drip, says: /no line within 0.3 s/, isSlow: true },
    { name: 'no answer', script: () => undefined, says: /no answer within 0.3 s|Headers Timeout/, isSlow: true },
    { name: 'a connection that is broken off', script: (request) => void request.socket.resetAndDestroy(), says: /./ },
    { name: 'half a line, then the end', script: (_, response) => void response.end(line(report()).slice(0, 50)), says: /ended the stream/ },
    { name: 'a redirect', script: (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(), says: /^HTTP 302$/ },
    {
      name: 'a refusal',
      script: (_, response) => void response.writeHead(401).end('x'.repeat(1e6)),
      says: /^HTTP 401: the edge does not know the token$/,
    },
    {
      name: 'control characters',
      script: (_, response) => void response.write(line(report({ durationBounds: ['\u001b[31m\n' as unknown as number] }))),
      says: /^a line that is no report: durationBounds\[0\] is not a number from 0$/,
    },
  ]

function endless(_: unknown, response: Parameters<Script>[1]): void {
  const part = Buffer.alloc(1 << 20, 'x')
  const go = (): void => {
    while (!response.destroyed && response.write(part));
  }
  response.on('drain', go)
  go()
}

function drip(_: unknown, response: Parameters<Script>[1]): void {
  const timer = setInterval(() => response.write('x'), 20)
  response.on('close', () => clearInterval(timer))
}

for (const { name, script, says, since, isSlow = false } of lies)
  t.test(`${name} is told, and tried again`, async (t) => {
    const { edge, reports, troubles } = await read(
      t,
      (request, response, nth) => {
        if (nth === 1) return script(request, response, nth)
        response.write(line(report({ instance: 'good', cursor: 'good.1' })))
      },
      isSlow ? { times: hasty } : {},
    )
    await until(() => reports.at(-1)?.instance === 'good', 'the truth')
    t.match(troubles[0], says)
    t.notMatch(troubles.join(''), /[\u0000-\u001f]/)
    if (since !== undefined) t.equal(edge.asked[1]?.url, '/v1/reports', 'from the beginning')
  })

t.test('who is away is tried again, ever more slowly, and the end is at once', async (t) => {
  const { edge, troubles, stop, ended } = await read(t, (_, response) => void response.writeHead(503).end())
  await until(() => troubles.length >= 5, 'five attempts')
  t.match(troubles, Array(5).fill(/^HTTP 503: /))
  stop.abort()
  await ended
  const count = edge.asked.length
  t.ok(count >= 5)
})

t.test('the token is that of the file at each connection, and nowhere else', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'token-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const tokenFile = join(folder, 'token')
  const { edge, troubles, reports } = await read(
    t,
    async (_, response, nth) => {
      await writeFile(tokenFile, `second${nth}\n`)
      response.end(line(report()))
    },
    { tokenFile },
  )
  await until(() => troubles.length > 0, 'no token yet')
  t.match(troubles[0], /token, the token for edges, cannot be read \(ENOENT\)/)
  t.equal(edge.asked.length, 0, 'nobody is asked without')
  await writeFile(tokenFile, 'first\n')
  await until(() => reports.length >= 2, 'two connections')
  t.strictSame(
    edge.asked.slice(0, 2).map(({ authorization }) => authorization),
    ['Bearer first', 'Bearer second1'],
  )
  t.notMatch(troubles.join(' '), /first|second/)
})
