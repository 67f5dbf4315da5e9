// Endpoints by name through a whole edge and a DNS server that does what it likes: E22.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import type { EdgeConfig } from '../../../src/edge/config.ts'
import { ask, openClient } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { statusOf } from '../http/message.ts'
import { answer, startUpstream, type Upstream } from '../http/upstream.ts'
import { figure } from '../promises/full.ts'
import { addresses, type DnsServer, type Reply, startDnsServer } from './dnsServer.ts'

/** The promise is 10,000 requests in an outage of 5 min. */
const outageMs = figure(300_000, 3_000)
t.setTimeout(fileDeadlineMs + outageMs)
/** Names that stand for loopback are refused unless it is allowed; here everything lies there. */
const allowedTargets = ['127.0.0.0/8', '::1/128']
const request = 'GET /n0000001 HTTP/1.1\r\nHost: shop\r\n\r\n'

function oneBackend(host: string, port: number): Routing {
  return {
    routes: [{ path: '/', pathType: 'Prefix', split: 'shop' }],
    splits: [
      {
        name: 'shop',
        totalWeight: 1,
        backends: [{ name: 'stable', weight: 1, endpoints: [{ host, port }] }],
        routes: [],
        fallback: { kind: 'none' },
      },
    ],
  }
}

async function until(holds: () => boolean | Promise<boolean>, deadlineMs = 8_000): Promise<boolean> {
  for (const since = performance.now(); performance.now() - since < deadlineMs; ) {
    if (await holds()) return true
    await delay(20)
  }
  return false
}

async function metric(edge: Edge, series: string): Promise<number | undefined> {
  const answer = await ask(edge.admin, 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
  const line = answer?.body.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}

type Stage = { readonly dns: DnsServer; readonly service: Upstream; readonly reached: Set<string>; readonly edge: Edge }

async function onStage(
  reply: DnsServer['reply'],
  change: Partial<EdgeConfig>,
  test: (stage: Stage) => Promise<void>,
  answerAfterMs = 0,
): Promise<void> {
  const dns = await startDnsServer(reply)
  const reached = new Set<string>()
  const service = await startUpstream('service', {
    host: '0.0.0.0',
    async script(received) {
      reached.add(received.connection.socket.localAddress ?? '')
      if (answerAfterMs > 0) await delay(answerAfterMs)
      await answer('service')(received)
    },
  })
  const edge = await startEdge({
    dns: { servers: [dns.address], maxStaleMs: 600_000 },
    allowedTargets,
    routing: oneBackend('orders.test', service.port),
    ...change,
  })
  try {
    await test({ dns, service, reached, edge })
  } finally {
    await edge.close()
    await Promise.all([service.close(), dns.close()])
  }
}

const status = async (edge: Edge): Promise<number> => statusOf((await ask(edge.addresses[0]!, request))!)

void t.test(`E22 DNS outage of ${outageMs} ms: no request fails, none asks DNS, and the age is told`, (t) =>
  onStage(
    () => ({ kind: 'addresses', addresses: ['127.0.0.1', '127.0.0.2'], ttlS: 1 }),
    {},
    async ({ dns, edge }) => {
      t.equal(await status(edge), 200)
      const outages: Reply[] = [
        { kind: 'silence' },
        { kind: 'code', code: 'servfail' },
        { kind: 'code', code: 'nxdomain' },
        { kind: 'code', code: 'refused' },
      ]
      let asked = 0
      dns.reply = () => outages[asked++ % outages.length]!
      dns.questions.length = 0
      const stop = new AbortController()
      let answers = 0
      const load = runLoad({
        address: edge.addresses[0]!,
        connections: 4,
        stop: stop.signal,
        request: () => request,
        onAnswer(index, answer) {
          answers++
          if (answer.status !== 200) t.fail(`request ${index}: ${answer.status}`)
        },
        deadlineMs: 5_000,
      })
      await delay(outageMs)
      t.ok((await metric(edge, 'spillway_edge_dns_stale_seconds{name="orders.test"}'))! > 0.5, 'the age is told')
      stop.abort()
      t.strictSame(await load, [])
      t.comment(`${answers} requests, ${dns.questions.length} questions`)
      t.ok(answers > 1_000)
      t.ok(dns.questions.length <= 4 * (2 + outageMs / 1_000), 'questions follow the clock, not the requests')
      t.equal(edge.warnings.filter((line) => line.includes('orders.test')).length, 1, 'told once')
      dns.reply = () => addresses('127.0.0.1')
      t.ok(await until(async () => (await metric(edge, 'spillway_edge_dns_stale_seconds{name="orders.test"}')) === 0, 40_000), 'fresh again')
      t.strictSame(edge.errors, [])
    },
    outageMs / 3_000,
  ),
)

void t.test('E22 a name whose addresses change while requests are in flight: none fails', async (t) => {
  const places = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
  let place = 0
  await onStage(
    () => ({ kind: 'addresses', addresses: [places[place]!], ttlS: 0 }),
    {},
    async ({ dns, reached, edge }) => {
      const stop = new AbortController()
      const load = runLoad({
        address: edge.addresses[0]!,
        connections: 4,
        stop: stop.signal,
        request: () => request,
        onAnswer(index, answer) {
          if (answer.status !== 200) t.fail(`request ${index}: ${answer.status}`)
        },
        deadlineMs: 5_000,
      })
      for (place = 1; place < 3; place++) t.ok(await until(() => reached.has(places[place]!)), `${places[place]} is reached`)
      place = 0
      stop.abort()
      t.strictSame(await load, [])
      t.ok(dns.questions.length < 40, `a time to live of 0 is no question per request: ${dns.questions.length}`)
    },
  )
})

void t.test('E22 300 addresses: all are endpoints, by TCP, in whatever order they come', (t) => {
  const all = Array.from({ length: 300 }, (_, i) => `127.1.${Math.floor(i / 250)}.${1 + (i % 250)}`)
  let turn = 0
  return onStage(
    () => ({ kind: 'addresses', addresses: [...all.slice(turn % 300), ...all.slice(0, turn++ % 300)], ttlS: 1 }),
    {},
    async ({ dns, service, reached, edge }) => {
      t.equal(await metric(edge, 'spillway_edge_dns_addresses{name="orders.test"}'), 300)
      t.ok(dns.overTcp() > 0)
      for (let i = 0; i < 200; i++) t.equal(await status(edge), 200)
      t.ok(reached.size > 100, `${reached.size} of them were reached by 200 requests`)
      const asked = dns.questions.length
      t.ok(await until(() => dns.questions.length >= asked + 4), 'asked again')
      t.equal(await metric(edge, 'spillway_edge_config_generation'), 1, 'another order is no change')
      const report = await ask(edge.admin, 'GET /v1/splits/shop HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
      t.match(report?.body, `"orders.test:${service.port}"`, 'the admin API shows what was written')
      t.equal(await readyEndpoints(edge), 300)
    },
  )
})

/** By the first line of the reports. */
async function readyEndpoints(edge: Edge): Promise<number | undefined> {
  const client = await openClient(edge.admin)
  client.write('GET /v1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  await client.until(() => client.text.includes('"readyEndpoints"'), 5_000)
  client.socket.destroy()
  const told = /"readyEndpoints":(\d+)/.exec(client.text)
  return told === null ? undefined : Number(told[1])
}

void t.test('E22 a name that nobody answers for holds nothing up, and is served as soon as it is answered', (t) =>
  onStage(
    () => ({ kind: 'silence' }),
    {},
    async ({ dns, edge }) => {
      t.equal(await status(edge), 503)
      t.equal(await readyEndpoints(edge), 0)
      t.ok(edge.warnings.some((line) => line.includes('no addresses yet')))
      dns.reply = () => addresses('127.0.0.1')
      t.ok(await until(async () => (await status(edge)) === 200, 12_000))
      t.equal(await readyEndpoints(edge), 1)
    },
  ),
)

void t.test('E22 rebinding to loopback, metadata or the admin interface: left out, and told', (t) =>
  onStage(
    () => ({ kind: 'addresses', addresses: ['127.0.0.2'], ttlS: 0 }),
    { allowedTargets: ['127.0.0.2/32'] },
    async ({ dns, reached, edge }) => {
      t.equal(await status(edge), 200)
      dns.reply = () => ({ kind: 'addresses', addresses: ['127.0.0.1', '127.0.0.2', '169.254.169.254', '::1', 'fd00:ec2::254'], ttlS: 0 })
      t.ok(await until(async () => (await metric(edge, 'spillway_edge_targets_refused{endpoint="orders.test"}')) === 4))
      for (let i = 0; i < 20; i++) t.equal(await status(edge), 200)
      dns.reply = () => ({ kind: 'addresses', addresses: ['127.0.0.1'], ttlS: 0 })
      t.ok(await until(async () => (await status(edge)) === 503))
      t.equal(await readyEndpoints(edge), 0)
      t.strictSame([...reached], ['127.0.0.2'], 'nothing else was connected to')
      t.ok(edge.warnings.some((line) => line.includes('is left out') && line.includes('127.0.0.1')))
    },
  ),
)

void t.test('a port on localhost is found on whichever loopback address it listens', async (t) => {
  for (const host of ['127.0.0.1', '::1']) {
    const service = await startUpstream('service', { host })
    const edge = await startEdge({ routing: oneBackend('shop.localhost', service.port) })
    for (let i = 0; i < 5; i++) t.equal(await status(edge), 200, host)
    t.equal(await metric(edge, 'spillway_edge_dns_resolutions_total{outcome="addresses"}'), 0, 'nobody is asked')
    await edge.close()
    await service.close()
  }
})
