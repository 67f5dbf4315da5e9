// The access log as an operator reads it: one JSON line per sampled request, whatever clients send, and never at the expense of a request.
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { AccessLogSettings } from '../../../src/edge/config.ts'
import { call, until } from '../admin/stubEdge.ts'
import { type Address, ask, openClient } from './client.ts'
import { type Edge, startEdge } from './edge.ts'
import { startEdgeProcess } from './edgeProcess.ts'
import { backend, fileDeadlineMs, shortTimeouts, twoUpstreams } from './harness.ts'
import { runLoad } from './load.ts'
import { type Origin, startOrigin } from './origin.ts'
import { startUpstream, type Upstream, write } from './upstream.ts'

t.setTimeout(fileDeadlineMs)
type Line = Readonly<Record<string, string | number>>

const folder = await mkdtemp(join(tmpdir(), 'access-'))
t.teardown(() => rm(folder, { recursive: true }))
let files = 0
const newFile = (): string => join(folder, `access-${++files}.log`)
const logTo = (path: string, change: Partial<AccessLogSettings> = {}): AccessLogSettings => ({
  path,
  sample: 1,
  format: 'json',
  query: false,
  ...change,
})

async function linesIn(path: string): Promise<Line[]> {
  const text = await readFile(path, 'latin1')
  t.match(text, /^[\n -~]*$/, 'nothing but printable ASCII')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)
}

/** Waits for the line of one request, found by its path. */
async function lineOf(path: string, requested: string): Promise<Line> {
  let found: Line | undefined
  await until(async () => {
    found = (await linesIn(path)).find((line) => line['path'] === requested)
    return found !== undefined
  }, `a line for ${requested}`)
  return found!
}

const get = (target: string, fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: shop.example\r\n${fields}\r\n`
const adminText = async ({ admin }: { readonly admin: Address }): Promise<string> =>
  (await call(`http://${admin.host}:${admin.port}`, '/metrics')).body
const metric = (text: string, name: string): number => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])

t.test('a line tells what came, who answered, why they were chosen, and what went wrong', async (t) => {
  const [stable, canary, hung] = [
    await startUpstream('stable'),
    await startUpstream('canary'),
    await startUpstream('hung', { script: () => undefined }),
  ]
  const dead = { port: 1 }
  const base = twoUpstreams(stable, canary)
  const routing = {
    routes: [
      ...(['dead', 'hung', 'falls', 'empty'] as const).map((name) => ({ path: `/${name}`, pathType: 'Prefix' as const, split: name })),
      ...base.routes,
    ],
    splits: [
      ...base.splits,
      { name: 'dead', totalWeight: 1, backends: [backend('a', 1, dead)], routes: [], fallback: { kind: 'none' as const } },
      { name: 'hung', totalWeight: 1, backends: [backend('a', 1, hung)], routes: [], fallback: { kind: 'none' as const } },
      { name: 'empty', totalWeight: 1, backends: [backend('a', 1)], routes: [], fallback: { kind: 'none' as const } },
      {
        name: 'falls',
        totalWeight: 1,
        backends: [backend('new', 1), backend('old', 0, stable)],
        routes: [],
        fallback: { kind: 'backend' as const, backend: 'old' },
      },
    ],
  }
  const path = newFile()
  const edge = await startEdge({ routing, timeouts: shortTimeouts, accessLog: logTo(path) })
  t.teardown(() => Promise.all([edge.close(), stable.close(), canary.close(), hung.close()]))
  const address = edge.addresses[0]!
  const after = async (requested: string, request: string): Promise<Line> => {
    await ask(address, request)
    return lineOf(path, requested)
  }

  const plain = await after('/plain', get('/plain?secret=1', 'User-Agent: curl/8\r\nX-Request-ID: id-of-client\r\n'))
  t.match(plain, {
    client: '127.0.0.1',
    method: 'GET',
    host: 'shop.example',
    protocol: 'HTTP/1.1',
    status: 200,
    requestBytes: 0,
    split: 'main',
    backend: 'stable',
    endpoint: `127.0.0.1:${stable.port}`,
    reason: 'weight',
    retries: 0,
    requestId: 'id-of-client',
    userAgent: 'curl/8',
  })
  t.ok(Math.abs(Date.parse(String(plain['time'])) - Date.now()) < 60_000, 'time')
  t.ok(Number(plain['durationMs']) >= Number(plain['upstreamMs']), 'times')
  t.equal(plain['responseBytes'], 'stable'.length)
  t.notMatch(await readFile(path, 'latin1'), /secret/, 'no query unless asked for')
  t.strictSame(
    Object.keys(plain).filter((name) => ['why', 'query'].includes(name)),
    [],
    'what there was not is left out',
  )

  const routed = await after('/routed', get('/routed', 'X-Canary: always\r\n'))
  t.match(routed, { backend: 'canary', reason: 'route:asked', requestId: /^[0-9a-f]{32}$/ })
  const posted = await after('/posted', 'POST /posted HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello')
  t.match(posted, { method: 'POST', requestBytes: 5, status: 200 })
  t.match(await after('/falls', get('/falls')), { split: 'falls', backend: 'old', reason: 'fallback', status: 200 })
  t.match(await after('/empty', get('/empty')), { split: 'empty', backend: 'a', status: 503, why: 'no_endpoints' })
  t.match(await after('/dead', get('/dead')), { status: 502, why: 'connect', endpoint: '127.0.0.1:1' })
  t.match(await after('/hung', get('/hung')), { status: 504, why: 'timeout' })
  t.match(await after('*', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'), { status: 204, why: 'options' })

  const leaving = await openClient(address)
  leaving.write(get('/hung/left'))
  await until(() => [...hung.received.keys()].some((key) => key.includes('/hung/left')), 'the request upstream')
  leaving.reset()
  t.match(await lineOf(path, '/hung/left'), { status: 499, why: 'client_gone' })

  await ask(address, 'GET / HTTP/1.1\r\nBad Field: x\r\n\r\n')
  await until(async () => (await linesIn(path)).some((line) => line['why'] === 'a malformed header field'), 'a line for what was no request')
  t.strictSame(edge.errors, [])
})

t.test('what clients send begins no other line and no other field', async (t) => {
  const { edge, path } = await oneOrigin(t)
  const rows = [`"},{"status":1,"x":"`, `\u00e4\u00ff`, `\\"`, `a\tb`, `x'; DROP`, 'y'.repeat(4_000)]
  for (const [index, agent] of rows.entries()) await ask(edge.addresses[0]!, get(`/agent-${index}`, `User-Agent: ${agent}\r\n`))
  await lineOf(path, `/agent-${rows.length - 1}`)
  const lines = await linesIn(path)
  t.equal(lines.length, rows.length, 'one line per request')
  for (const [index, agent] of rows.entries())
    t.equal(lines[index]!['userAgent'], agent.length > 2_048 ? `${agent.slice(0, 2_048)}...` : agent, JSON.stringify(agent.slice(0, 20)))
})

t.test('behind a trusted proxy the client is whom it names; others are not believed', async (t) => {
  for (const [trustedProxies, client] of [
    [['127.0.0.0/8'], '192.0.2.7'],
    [[], '127.0.0.1'],
  ] as const) {
    const origin = await startOrigin('a')
    const path = newFile()
    const edge = await startEdge({ routing: routingTo(origin), accessLog: logTo(path), trustedProxies })
    await ask(edge.addresses[0]!, get('/a', 'X-Forwarded-For: 203.0.113.9, 192.0.2.7\r\n'))
    t.match(await lineOf(path, '/a'), { client })
    await edge.close()
    await origin.close()
  }
})

t.test('the query is there when it is asked for', async (t) => {
  const { edge, path } = await oneOrigin(t, { query: true })
  await ask(edge.addresses[0]!, get('/a?b=%22"&c'))
  t.match(await lineOf(path, '/a'), { query: 'b=%22"&c' })
})

t.test('a sample is exact, in all and for each version', async (t) => {
  const [stable, canary] = [await startOrigin('stable'), await startOrigin('canary')]
  const path = newFile()
  const split = { name: 'main', totalWeight: 100, routes: [], fallback: { kind: 'none' as const } }
  const backends = [backend('stable', 90, stable), backend('canary', 10, canary)]
  const routing = { routes: [{ path: '/', pathType: 'Prefix' as const, split: 'main' }], splits: [{ ...split, backends }] }
  const edge = await startEdge({ routing, accessLog: logTo(path, { sample: 0.1 }) })
  t.strictSame(await load(edge, 2_000), [])
  await edge.close()
  await Promise.all([stable.close(), canary.close()])
  const lines = await linesIn(path)
  t.ok(Math.abs(lines.length - 200) <= 3, `${lines.length} lines of 200 wanted`)
  const ofCanary = lines.filter((line) => line['backend'] === 'canary').length
  t.ok(Math.abs(ofCanary - 20) <= 4, `${ofCanary} of them for the canary, of 20 wanted`)
})

t.test('a reader that does not read costs lines, and no request', async (t) => {
  const origin = await startOrigin('a')
  const yaml = JSON.stringify({
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    accessLog: { path: 'stdout' },
    routes: [{ path: '/', split: 'main' }],
    splits: { main: { backends: { a: { weight: 1, endpoints: [`127.0.0.1:${origin.port}`] } } } },
  })
  const edge = await startEdgeProcess(yaml, 1, { stdout: 'pipe' })
  t.teardown(() => Promise.all([edge.close(), origin.close()]))
  const requests = 4_000
  const address = edge.addresses[0]!
  t.strictSame(await load(edge, requests, `User-Agent: ${'u'.repeat(1_000)}\r\n`), [], 'every request is answered')
  const dropped = metric(await adminText(edge), 'spillway_edge_access_log_dropped_total')
  t.ok(dropped > 1_000, `${dropped} lines were dropped and counted`)
  t.equal((await ask(address, get('/still')))?.startLine, 'HTTP/1.1 200 OK', 'and it serves on')
  let text = ''
  edge.stdout!.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk
  })
  const present = (): number => text.split('\n').length - 1
  await until(
    async () => present() + metric(await adminText(edge), 'spillway_edge_access_log_dropped_total') === requests + 1,
    'all lines accounted for',
  )
  t.ok(
    text
      .split('\n')
      .slice(0, -1)
      .every((line) => JSON.parse(line) !== null),
    'those that came are whole',
  )
})

t.test('a full disk costs lines, and no request', async (t) => {
  const { edge } = await oneOrigin(t, { path: '/dev/full' })
  t.strictSame(await load(edge, 200), [])
  await until(async () => metric(await adminText(edge), 'spillway_edge_access_log_dropped_total') === 200, 'all lines counted as dropped')
  t.equal(metric(await adminText(edge), 'spillway_edge_access_log_lines_total'), 0)
})

t.test('a file that was moved away is begun anew', async (t) => {
  const { edge, path } = await oneOrigin(t)
  await ask(edge.addresses[0]!, get('/before'))
  await lineOf(path, '/before')
  await rename(path, `${path}.1`)
  await until(async () => {
    await ask(edge.addresses[0]!, get('/after'))
    return linesIn(path).then(
      (lines) => lines.length > 0,
      () => false,
    )
  }, 'lines in the new file')
  t.equal((await linesIn(`${path}.1`))[0]!['path'], '/before')
})

t.test('SIGUSR1 opens the file anew at once', async (t) => {
  const origin = await startOrigin('a')
  const path = newFile()
  const yaml = JSON.stringify({
    listeners: [{ address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    accessLog: { path },
    routes: [{ path: '/', split: 'main' }],
    splits: { main: { backends: { a: { weight: 1, endpoints: [`127.0.0.1:${origin.port}`] } } } },
  })
  const edge = await startEdgeProcess(yaml)
  t.teardown(() => Promise.all([edge.close(), origin.close()]))
  await ask(edge.addresses[0]!, get('/before'))
  await lineOf(path, '/before')
  await rename(path, `${path}.1`)
  edge.signal('SIGUSR1')
  await until(
    () =>
      readFile(path).then(
        () => true,
        () => false,
      ),
    'an empty file before any request',
  )
  await ask(edge.addresses[0]!, get('/after'))
  t.match(await lineOf(path, '/after'), { status: 200 })
  t.equal((await linesIn(`${path}.1`)).length, 1)
})

t.test('an edit switches it on and off; one that names an impossible file is refused', async (t) => {
  const { edge, path } = await oneOrigin(t)
  const address = edge.addresses[0]!
  edge.apply({ accessLog: logTo(join(folder, 'no-such-folder', 'x')) })
  await until(() => edge.errors.some((line) => line.includes('accessLog.path')), 'the refusal')
  await ask(address, get('/still-on'))
  await lineOf(path, '/still-on')
  const other = newFile()
  edge.apply({ accessLog: logTo(other) })
  await until(async () => {
    await ask(address, get('/other'))
    return (await readFile(other, 'latin1')).includes('/other')
  }, 'lines in the other file')
  const generation = async (): Promise<number> => metric(await adminText(edge), 'spillway_edge_config_generation')
  const before = await generation()
  edge.apply({ accessLog: undefined as unknown as AccessLogSettings })
  await until(async () => (await generation()) > before, 'the edit')
  await ask(address, get('/off'))
  await edge.close()
  t.notMatch(await readFile(other, 'latin1'), /"\/off"/)
})

t.test('a tunnel has its line at its end, with the bytes of both directions', async (t) => {
  const upstream: Upstream = await startUpstream('ws', {
    script: ({ connection }) => {
      connection.holdsOpen = true
      connection.socket.removeAllListeners('data')
      connection.socket.on('data', () => connection.socket.end('bye'))
      write(connection, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    },
  })
  const path = newFile()
  const edge = await startEdge({ routing: routingTo(upstream), accessLog: logTo(path), timeouts: shortTimeouts })
  t.teardown(() => Promise.all([edge.close(), upstream.close()]))
  const client = await openClient(edge.addresses[0]!)
  client.write(get('/ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
  t.ok(await client.until(() => client.text.includes('101'), 2_000))
  client.write('hello')
  t.ok(await client.until(() => client.text.endsWith('bye'), 2_000))
  client.fin()
  t.match(await lineOf(path, '/ws'), { status: 101, requestBytes: 5, responseBytes: 3 })
  const text = await adminText(edge)
  for (const [name, bytes] of [
    ['request', 5],
    ['response', 3],
  ])
    t.match(text, new RegExp(`spillway_edge_${name}_bytes_total\\{.*\\} ${bytes}\n`), `${name} bytes are in the metrics`)
})

function routingTo(origin: { readonly port: number }): ReturnType<typeof twoUpstreams> {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'main' }],
    splits: [{ name: 'main', totalWeight: 1, backends: [backend('a', 1, origin)], routes: [], fallback: { kind: 'none' } }],
  }
}

async function oneOrigin(
  test: Pick<typeof t, 'teardown'>,
  change: Partial<AccessLogSettings> = {},
): Promise<{ edge: Edge; origin: Origin; path: string }> {
  const origin = await startOrigin('a')
  const path = newFile()
  const edge = await startEdge({ routing: routingTo(origin), accessLog: logTo(path, change) })
  test.teardown(async () => {
    await edge.close()
    await origin.close()
  })
  return { edge, origin, path }
}

function load(edge: Pick<Edge, 'addresses'>, requests: number, fields = ''): Promise<string[]> {
  const wrong: string[] = []
  return runLoad({
    address: edge.addresses[0]!,
    connections: 8,
    requests,
    request: (index) => get(`/${index}`, fields),
    onAnswer: (index, answer) => {
      if (answer.status !== 200) wrong.push(`${index}: ${answer.status}`)
    },
    deadlineMs: 20_000,
  }).then((failed) => [...failed, ...wrong])
}
