// The PROXY protocol with those who speak it in earnest: HAProxy in front of the edge, HAProxy and NGINX behind it.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { lacks, whereIs } from '../../needs.ts'
import { isFree, lowPort } from '../../ports.ts'
import { until } from '../admin/stubEdge.ts'
import { answersOf, ask, openClient } from '../http/client.ts'
import { startEdge } from '../http/edge.ts'
import { backend, fileDeadlineMs, startHarness } from '../http/harness.ts'
import { fieldOf } from '../http/message.ts'
import { nextNonce } from '../http/rows.ts'

t.setTimeout(fileDeadlineMs)
const anyPort = { host: '127.0.0.1', port: 0 }

/** Runs a server with this configuration until the test is over; ready once it listens on `port`. */
async function startPeer(
  program: string,
  config: string,
  args: (file: string, folder: string) => string[],
  port: number,
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'peer-'))
  const file = join(folder, 'peer.conf')
  await writeFile(file, config)
  const child = spawn(whereIs(program)!, args(file, folder), { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => {
    complaints += text.toString()
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${complaints}`)
    return !(await isFree(port))
  }, program)
  return async () => {
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await ended
    clearTimeout(hard)
    await rm(folder, { recursive: true })
  }
}

const haproxy = (config: string, port: number): Promise<() => Promise<void>> =>
  startPeer(
    'haproxy',
    `defaults\n  timeout connect 2s\n  timeout client 10s\n  timeout server 10s\n${config}`,
    (file) => ['-db', '-q', '-f', file],
    port,
  )

const nginx = (server: string, port: number): Promise<() => Promise<void>> =>
  startPeer(
    'nginx',
    `daemon off; master_process off; pid nginx.pid; error_log stderr; events {}
http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; server { ${server} } }\n`,
    (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr'],
    port,
  )

t.test('HAProxy in front', { skip: lacks('haproxy') }, async (t) => {
  const harness = await startHarness({ listeners: [{ address: anyPort }, { address: anyPort, proxyProtocolFrom: ['127.0.0.1'] }] })
  t.teardown(() => harness.close())
  const edgePort = harness.edge.addresses[1]!.port
  for (const option of ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,unique-id,authority']) {
    const port = await lowPort()
    const stop = await haproxy(
      `listen l\n  mode tcp\n  unique-id-format %{+X}o-%ci-%cp\n  bind 127.0.0.1:${port}\n  server edge 127.0.0.1:${edgePort} ${option} check inter 50ms\n`,
      port,
    )
    const client = await openClient({ host: '127.0.0.1', port }, '127.0.0.7')
    for (let i = 1; i <= 2; i++) {
      const nonce = nextNonce()
      client.write(`GET /${nonce} HTTP/1.1\r\nHost: a\r\n\r\n`)
      t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === i, 4_000), option)
      t.equal(fieldOf(harness.stable.received.get(nonce)![0]!.request, 'x-forwarded-for'), '127.0.0.7', option)
    }
    client.socket.destroy()
    await stop()
  }
  t.same(
    harness.edge.warnings.filter((warning) => warning.startsWith('a PROXY protocol header')),
    [],
    'nor do its health checks trouble the edge',
  )
})

/** Each answers with the address and port of the client, and those that it connected to, as it understands them. */
const behind = {
  haproxy: (port: number) =>
    haproxy(
      `frontend f\n  mode http\n  bind 127.0.0.1:${port} accept-proxy\n  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port]"\n`,
      port,
    ),
  nginx: (port: number) =>
    nginx(
      `listen 127.0.0.1:${port} proxy_protocol; location / { default_type text/plain;
return 200 "$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port"; }`,
      port,
    ),
}
for (const name of ['haproxy', 'nginx'] as const)
  t.test(`${name} behind`, { skip: lacks(name) }, async (t) => {
    const port = await lowPort()
    const stop = await behind[name](port)
    const versions = ['v1', 'v2'] as const
    const edge = await startEdge({
      trustedProxies: ['127.0.0.3'],
      timeouts: { drainMs: 500 },
      policies: { v1: { proxyProtocol: 'v1' }, v2: { proxyProtocol: 'v2' } },
      routing: {
        routes: versions.map((version) => ({ path: `/${version}`, pathType: 'Prefix', split: version })),
        splits: versions.map((version) => ({
          name: version,
          totalWeight: 1,
          backends: [backend('b', 1, { port })],
          routes: [],
          fallback: { kind: 'none' },
        })),
      },
    })
    t.teardown(async () => {
      await edge.close()
      await stop()
    })
    const [address] = edge.addresses
    for (const version of versions) {
      const request = `GET /${version} HTTP/1.1\r\nHost: a\r\n`
      const client = await openClient(address!, '127.0.0.7')
      const from = `127.0.0.7 ${client.socket.localPort} 127.0.0.1 ${address!.port}`
      for (let i = 1; i <= 2; i++) {
        client.write(`${request}\r\n`)
        t.ok(await client.until(() => answersOf(client, ['GET', 'GET']).length === i, 4_000))
        t.equal(answersOf(client, ['GET', 'GET'])[i - 1]!.body, from, version)
      }
      client.socket.destroy()
      const mixed = await ask(address!, `${request}X-Forwarded-For: 2001:db8::1\r\n\r\n`, 4_000, '127.0.0.3')
      // Both show the port 0 as nothing.
      t.match(mixed!.body, /^2001:db8::1 0? (?:::ffff:127\.0\.0\.1|::ffff:7f00:1) /, `${version}: an IPv6 client of an IPv4 listener`)
      const unknown = await ask(address!, `${request}X-Forwarded-For: unknown\r\n\r\n`, 4_000, '127.0.0.3')
      t.ok(unknown!.startLine.includes(' 200'), `${version}: unknown is understood`)
    }
  })
