// Every way that was thought of to get at the admin interface, or at what lies behind loopback and metadata addresses: E32.
import { createServer } from 'node:net'
import t from 'tap'
import type { Endpoint, Routing } from '../../../src/core/routing/types.ts'
import { machineAddresses } from '../../../src/edge/names/machine.ts'
import { ask } from '../http/client.ts'
import { startEdge } from '../http/edge.ts'
import { fileDeadlineMs } from '../http/harness.ts'
import { statusOf } from '../http/message.ts'
import { addresses, startDnsServer } from './dnsServer.ts'

t.setTimeout(fileDeadlineMs)

const machine = machineAddresses().filter((address) => !address.startsWith('127.') && address !== '::1' && !address.startsWith('fe80'))
const adminHosts = [
  ...['127.0.0.1', '127.0.0.2', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '0000::0001', '::1%lo', '::1%1', '0.0.0.0', '::', '0:0::0', '::%lo'],
  ...['::ffff:127.0.0.1', '::FFFF:7F00:1', '0:0:0:0:0:ffff:127.0.0.1', '::ffff:127.0.0.1%lo', '::ffff:0.0.0.0', '::127.0.0.1', '::7f00:1'],
  ...['64:ff9b::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '::ffff:0:127.0.0.1', '2002:7f00:1::'],
  ...['localhost', 'LocalHost', 'localhost.', 'admin.localhost', 'A.LOCALHOST.'],
  ...['2130706433', '0x7f000001', '0x7F.1', '0177.0.0.1', '017700000001', '127.1', '127.0.1', '127.0.0.1.', '0', '00', '0x0', '0.0.0.0.'],
  ...['loop.test', 'LOOP.test.', 'loop6.test', 'mapped.test', 'nat64.test', 'zero.test', 'many.test', 'own.test'],
  ...machine.flatMap((address) => (address.includes(':') ? [address] : [address, `::ffff:${address}`, `64:ff9b::${address}`])),
]
const metadataHosts = [
  ...['169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::'],
  ...['169.254.169.254.', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '169.254.43518', 'fd00:ec2::254', 'fd00:ec2:0::0254', 'fd00:ec2::254%1'],
  ...['100.100.100.200', '168.63.129.16', 'metadata', 'METADATA.', 'metadata.google.internal', 'Metadata.Google.Internal.', 'instance-data'],
  ...['fe80::1', 'fe80::1%eth0', '169.254.0.1', '224.0.0.1', 'ff02::1', '255.255.255.255', 'meta.test', 'meta6.test', 'link.test'],
]
/** What names stand for; every other name does not exist. */
const zone: Readonly<Record<string, readonly string[]>> = {
  'loop.test': ['127.0.0.1'],
  'loop6.test': ['::1'],
  'mapped.test': ['::ffff:7f00:1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'zero.test': ['0.0.0.0', '::'],
  'many.test': ['127.0.0.1', '::1', '169.254.169.254', '0.0.0.0', 'fd00:ec2::254'],
  'own.test': machine,
  'meta.test': ['169.254.169.254', '100.100.100.200'],
  'meta6.test': ['fd00:ec2::254', '::ffff:a9fe:a9fe'],
  'link.test': ['169.254.1.1', 'fe80::1'],
  'metadata.google.internal': ['169.254.169.254'],
}

/** Each endpoint as a split of its own, below a path with its number. */
function oneEach(endpoints: readonly Endpoint[]): Routing {
  return {
    routes: endpoints.map((_, i) => ({ path: `/${i}`, pathType: 'Prefix', split: `s${i}` })),
    splits: endpoints.map((endpoint, i) => ({
      name: `s${i}`,
      totalWeight: 1,
      backends: [{ name: 'a', weight: 1, endpoints: [endpoint] }],
      routes: [],
      fallback: { kind: 'none' },
    })),
  }
}

void t.test(
  `E32 ${adminHosts.length} ways to write the admin interface and ${metadataHosts.length} others: no connection is even tried`,
  async (t) => {
    const dns = await startDnsServer(({ name }) => (zone[name] === undefined ? { kind: 'code', code: 'nxdomain' } : addresses(...zone[name])))
    const standIn = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsecrets'))
    await new Promise<void>((resolve) => standIn.listen(0, '0.0.0.0', resolve))
    const standInPort = (standIn.address() as { port: number }).port
    const edge = await startEdge({
      listeners: [{ address: { host: '0.0.0.0', port: 0 } }],
      admin: { address: { host: '0.0.0.0', port: 0 } },
      dns: { servers: [dns.address], maxStaleMs: 600_000 },
      routing: oneEach([]),
    })
    t.teardown(async () => {
      await edge.close()
      await dns.close()
      await new Promise<void>((resolve) => standIn.close(() => resolve()))
    })
    const address = { host: '127.0.0.1', port: edge.addresses[0]!.port }
    const admin = { host: '127.0.0.1', port: edge.admin.port }
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`
    const connections = async (): Promise<string | undefined> => {
      const answer = await ask(admin, get('/metrics'))
      return /^spillway_edge_upstream_connections_total (\d+)$/m.exec(answer?.body ?? '')?.[1]
    }
    const inUse = async (splits: number): Promise<boolean> => {
      for (const since = performance.now(); performance.now() - since < 10_000; ) {
        const answer = await ask(admin, get('/metrics'))
        if (answer?.body.match(/^spillway_edge_weight_configured\{/gm)?.length === splits) return true
      }
      return false
    }

    const tried = [
      ...adminHosts.map((host): Endpoint => ({ host, port: admin.port })),
      ...adminHosts.map((host): Endpoint => ({ host, port: address.port })),
      ...metadataHosts.map((host): Endpoint => ({ host, port: standInPort })),
      ...['loop.test', 'loop6.test', 'mapped.test', 'nat64.test', '0x7f000001', '127.1'].map((host): Endpoint => ({ host, port: standInPort })),
    ]
    for (const allowedTargets of [[], ['0.0.0.0/0', '::/0']]) {
      // With everything allowed the edge itself is not; what many.test stands for beside it then is.
      const endpoints = allowedTargets.length === 0 ? tried : tried.slice(0, 2 * adminHosts.length).filter(({ host }) => host !== 'many.test')
      edge.apply({ allowedTargets, routing: oneEach(endpoints) })
      t.ok(await inUse(endpoints.length))
      for (const [i, { host, port }] of endpoints.entries()) {
        const answer = await ask(address, get(`/${i}/metrics`))
        t.equal(answer && statusOf(answer), 503, `${host} ${port}`)
      }
      t.equal(await connections(), '0')
    }
  },
)
