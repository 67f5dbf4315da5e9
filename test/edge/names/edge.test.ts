// Endpoints by name through a whole edge and a DNS server that does what it likes: E22.
import t from 'tap'
import type { Routing } from '../../../src/core/routing/types.ts'
import type { EdgeConfig } from '../../../src/edge/config.ts'
import { ask } from '../http/client.ts'
import { type Edge, startEdge } from '../http/edge.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { runLoad } from '../http/load.ts'
import { statusOf } from '../http/message.ts'
import { startUpstream, type Upstream } from '../http/upstream.ts'
import { addresses, type DnsServer, type Reply, startDnsServer } from './dnsServer.ts'

t.setTimeout(fileDeadlineMs)
/** The promise is an outage of 5 min: set it for the whole. */
const outageMs = Number(process.env['TEST_OUTAGE_MS'] ?? 4_000)
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
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

async function metric(edge: Edge, series: string): Promise<number | undefined> {
  const answer = await ask(edge.admin, 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
  const line = answer?.body.split('\n').find((each) => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}

type Stage = { readonly dns: DnsServer; readonly service: Upstream; readonly edge: Edge }

async function onStage(reply: DnsServer['reply'], change: Partial<EdgeConfig>, test: (stage: Stage) => Promise<void>): Promise<void> {
  const dns = await startDnsServer(reply)
  const service = await startUpstream('service', { host: '0.0.0.0' })
  const edge = await startEdge({
    dns: { servers: [dns.address], maxStaleMs: 600_000 },
    allowedTargets,
    routing: oneBackend('orders.test', service.port),
    ...change,
  })
  try {
    await test({ dns, service, edge })
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
      await new Promise((resolve) => setTimeout(resolve, outageMs))
      t.ok((await metric(edge, 'spillway_edge_dns_stale_seconds{name="orders.test"}'))! > 0.5, 'the age is told')
      stop.abort()
      t.strictSame(await load, [])
      t.comment(`${answers} requests, ${dns.questions.length} questions`)
      t.ok(answers > 500)
      t.ok(dns.questions.length <= 4 * (2 + outageMs / 1_000), 'questions follow the clock, not the requests')
      t.equal(edge.warnings.filter((line) => line.includes('orders.test')).length, 1, 'told once')
      dns.reply = () => addresses('127.0.0.1')
      t.ok(await until(async () => (await metric(edge, 'spillway_edge_dns_stale_seconds{name="orders.test"}')) === 0, 40_000), 'fresh again')
      t.strictSame(edge.errors, [])
    },
  ),
)
