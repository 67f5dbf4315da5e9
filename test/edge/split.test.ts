// The weight is what happens, and changing it fails nobody: seen on the wire.
import { writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Routing, Split, SplitRoute } from '../../src/core/routing/types.ts'
import { type Address, ask } from './http/client.ts'
import { startEdge } from './http/edge.ts'
import { startEdgeProcess } from './http/edgeProcess.ts'
import { backend, fileDeadlineMs } from './http/harness.ts'
import { runLoad } from './http/load.ts'
import { statusOf } from './http/message.ts'
import { startOrigin } from './http/origin.ts'

const stable = await startOrigin('stable')
const canary = await startOrigin('canary')
t.setTimeout(fileDeadlineMs)
t.teardown(async () => {
  await Promise.all([stable.close(), canary.close()])
})

function routingOf(split: Partial<Split>): Routing {
  const whole: Split = {
    name: 'main',
    totalWeight: 100,
    backends: [backend('stable', 95, stable), backend('canary', 5, canary)],
    routes: [],
    fallback: { kind: 'none' },
    ...split,
  }
  return { routes: [{ path: '/', pathType: 'Prefix', split: 'main' }], splits: [whole] }
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** How often each answer came, by its body or, where it is an error, its status. */
async function tally(address: Address, requests: number, request = get, connections = 8): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const failed = await runLoad({
    address,
    connections,
    requests,
    deadlineMs: 5_000,
    request: () => request,
    onAnswer(_, { status, body }) {
      const key = status === 200 ? body : String(status)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
  })
  if (failed.length > 0) throw new Error(failed.slice(0, 3).join('; '))
  return counts
}

void t.test('10,000 requests at 95/5 through one worker are within 1 of exact', async (t) => {
  const edge = await startEdge({ routing: routingOf({}) })
  t.teardown(() => edge.close())
  const counts = await tally(edge.addresses[0]!, 10_000)
  t.equal((counts.get('stable') ?? 0) + (counts.get('canary') ?? 0), 10_000)
  t.ok(Math.abs((counts.get('canary') ?? 0) - 500) <= 1, `canary got ${counts.get('canary')}`)
})

void t.test('any hundred requests in a row at 95/5 are within 1 of exact', async (t) => {
  const edge = await startEdge({ routing: routingOf({}) })
  t.teardown(() => edge.close())
  for (let round = 0; round < 20; round++) {
    const count = (await tally(edge.addresses[0]!, 100, get, 1)).get('canary') ?? 0
    if (Math.abs(count - 5) > 1) t.fail(`round ${round}: canary got ${count} of 100`)
  }
  t.pass('twenty rounds')
})

void t.test('two workers together: within 1 of exact for each', async (t) => {
  const edge = await startEdge({ routing: routingOf({}) }, 2)
  t.teardown(() => edge.close())
  const counts = await tally(edge.addresses[0]!, 4_000, get, 16)
  t.ok(Math.abs((counts.get('canary') ?? 0) - 200) <= 2, `canary got ${counts.get('canary')}`)
})

void t.test('100,000 requests under 200 changes of weight: none fails', async (t) => {
  const requests = 100_000
  const changes = 200
  const edge = await startEdge({ routing: routingOf({}) })
  t.teardown(() => edge.close())
  const url = `http://${edge.admin.host}:${edge.admin.port}/v1/splits/main`
  let answered = 0
  let wrong = 0
  /** The change after this many answers waits for them. */
  let due = { count: 0, reached: (): void => undefined }
  const load = runLoad({
    address: edge.addresses[0]!,
    connections: 16,
    requests,
    deadlineMs: 5_000,
    request: () => get,
    onAnswer(_, { status }) {
      answered++
      if (status !== 200) wrong++
      if (answered >= due.count) due.reached()
    },
  })
  let over = false
  void load.finally(() => {
    over = true
    due.reached()
  })
  let changed = 0
  let etag = (await fetch(url)).headers.get('etag') ?? ''
  for (; changed < changes && !over; changed++) {
    const reached = Promise.withResolvers<void>()
    due = { count: (changed * requests) / (changes + 5), reached: reached.resolve }
    if (answered < due.count && !over) await reached.promise
    const weight = (changed * 37) % 101
    const response = await fetch(url, {
      method: 'PATCH',
      headers: { 'If-Match': etag, 'Content-Type': 'application/json' },
      body: JSON.stringify({ weights: { stable: 100 - weight, canary: weight } }),
    })
    if (response.status !== 200) t.fail(`change ${changed}: ${response.status} ${await response.text()}`)
    etag = response.headers.get('etag') ?? ''
  }
  t.same(await load, [])
  t.equal(answered, requests)
  t.equal(wrong, 0)
  t.equal(changed, changes, 'changes during the load')
})

const fileOf = (weight: number, note: number): string => `
listeners: [{address: "127.0.0.1:0"}]
admin: {address: "127.0.0.1:0"}
routes:
- {path: /, split: main}
- {host: "n${note}.example", path: /, split: main}
splits:
  main:
    totalWeight: 100
    backends:
      stable: {weight: ${100 - weight}, endpoints: ["127.0.0.1:${stable.port}"]}
      canary: {weight: ${weight}, endpoints: ["127.0.0.1:${canary.port}"]}
`

void t.test('a file rewritten every 100 ms fails no request', async (t) => {
  const edge = await startEdgeProcess(fileOf(5, 0), 2)
  t.teardown(() => edge.close())
  const stop = new AbortController()
  let answered = 0
  let wrong = 0
  const load = runLoad({
    address: edge.addresses[0]!,
    connections: 16,
    stop: stop.signal,
    deadlineMs: 5_000,
    request: () => get,
    onAnswer(_, { status }) {
      answered++
      if (status !== 200) wrong++
    },
  })
  for (let round = 1; round <= 40; round++) {
    await writeFile(edge.file, fileOf((round * 7) % 101, round))
    await delay(100)
  }
  const canaryBefore = canary.served
  await writeFile(edge.file, fileOf(0, 0))
  // The last edit must be in force before long: then canary gets nothing more.
  const until = performance.now() + 3_000
  let stillServed = canaryBefore
  do {
    stillServed = canary.served
    await delay(250)
  } while (canary.served !== stillServed && performance.now() < until)
  t.equal(canary.served, stillServed, 'the last edit is in force')
  stop.abort()
  t.same(await load, [])
  t.ok(answered > 1_000, `${answered} answered`)
  t.equal(wrong, 0)
})

void t.test('a header leads to a backend of weight 0, and nothing else does', async (t) => {
  const asked: SplitRoute = {
    name: 'qa',
    match: [{ headers: [{ name: 'X-Canary', value: { kind: 'exact', value: 'true' } }], cookies: [], query: [] }],
    backend: 'canary',
  }
  const edge = await startEdge({ routing: routingOf({ backends: [backend('stable', 100, stable), backend('canary', 0, canary)], routes: [asked] }) })
  t.teardown(() => edge.close())
  const [address] = edge.addresses
  t.same([...(await tally(address!, 2_000))], [['stable', 2_000]])
  for (const [field, by] of [
    ['X-Canary: true', 'canary'],
    ['x-canary:true', 'canary'],
    ['X-CANARY: \t true \t', 'canary'],
    ['X-Canary: True', 'stable'],
    ['X-Canary: true, true', 'stable'],
    ['X-Canary: true\r\nX-Canary: true', 'stable'],
    ['X-Canary: false\r\nX-Canary: true', 'stable'],
    ['X-Canary: ', 'stable'],
    ['X-Canary-2: true', 'stable'],
    ['XX-Canary: true', 'stable'],
  ] as const) {
    t.equal((await ask(address!, `GET / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`))?.body, by, JSON.stringify(field))
  }
})

void t.test('a backend without an endpoint refuses its share, or hands it over', async (t) => {
  const empty = [backend('stable', 80, stable), backend('canary', 20)]
  const refusing = await startEdge({ routing: routingOf({ backends: empty }) })
  t.teardown(() => refusing.close())
  const refused = await tally(refusing.addresses[0]!, 1_000)
  t.ok(Math.abs((refused.get('503') ?? 0) - 200) <= 1, `503 for ${refused.get('503')} of 1,000`)
  t.ok(Math.abs((refused.get('stable') ?? 0) - 800) <= 1)

  const handing = await startEdge({ routing: routingOf({ backends: empty, fallback: { kind: 'backend', backend: 'stable' } }) })
  t.teardown(() => handing.close())
  t.same([...(await tally(handing.addresses[0]!, 1_000))], [['stable', 1_000]])
})

void t.test('an endpoint that refuses connections is a 503 or a 502, at once', async (t) => {
  const gone = await startOrigin('gone')
  await gone.close()
  const edge = await startEdge({ routing: routingOf({ backends: [backend('stable', 0, stable), backend('canary', 100, gone)] }) })
  t.teardown(() => edge.close())
  const startedAt = performance.now()
  const response = await ask(edge.addresses[0]!, get)
  t.ok([502, 503].includes(statusOf(response!)), `answered ${response?.startLine}`)
  t.ok(performance.now() - startedAt < 1_000)
})

void t.test('one endpoint of two refuses connections: no request fails', async (t) => {
  const gone = await startOrigin('gone')
  await gone.close()
  const edge = await startEdge({ routing: routingOf({ backends: [backend('stable', 100, stable, gone), backend('canary', 0, canary)] }) })
  t.teardown(() => edge.close())
  t.same([...(await tally(edge.addresses[0]!, 1_000))], [['stable', 1_000]])
})

void t.test('IPv6 at both ends', async (t) => {
  const six = await startOrigin('six', '::1')
  const backends = [backend('stable', 0, stable), { name: 'canary', weight: 100, endpoints: [{ host: '::1', port: six.port }] }]
  const edge = await startEdge({ routing: routingOf({ backends }), listeners: [{ address: { host: '::1', port: 0 } }] })
  t.teardown(async () => {
    await edge.close()
    await six.close()
  })
  t.equal(edge.addresses[0]!.host, '::1')
  t.equal((await ask(edge.addresses[0]!, `GET / HTTP/1.1\r\nHost: [::1]:${edge.addresses[0]!.port}\r\n\r\n`))?.body, 'six')
})

void t.test('endpoints of one backend share its requests', async (t) => {
  const twins = [await startOrigin('one'), await startOrigin('two')]
  const edge = await startEdge({ routing: routingOf({ backends: [backend('stable', 100, ...twins), backend('canary', 0, canary)] }) })
  t.teardown(async () => {
    await edge.close()
    await Promise.all(twins.map((twin) => twin.close()))
  })
  const counts = await tally(edge.addresses[0]!, 2_000)
  t.ok([...counts.values()].every((count) => count > 500) && counts.size === 2, JSON.stringify([...counts]))
})
