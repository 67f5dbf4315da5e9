// Which addresses endpoints may have: E32, as a table and as the file is read.
import t from 'tap'
import { isLocalhost, type OwnAddress, type Surroundings, targetRules } from '../../../src/edge/names/targets.ts'
import { readEdge } from '../../../src/edge/source/file/read.ts'

const admin: OwnAddress = { reason: 'admin', is: 'admin', address: { host: '127.0.0.1', port: 9901 } }
const listener: OwnAddress = { reason: 'listener', is: 'a loop', address: { host: '0.0.0.0', port: 8080 } }
const here: Surroundings = { own: [admin, listener], allowedTargets: [], interfaces: ['127.0.0.1', '::1', '10.1.2.3', 'fd00::2', 'fe80::2'] }

const written: readonly (readonly [host: string, port: number, reason: string | undefined])[] = [
  ['10.0.0.1', 9901, undefined],
  ['127.0.0.1', 9002, undefined],
  ['127.8.8.8', 9002, undefined],
  ['::1', 9002, undefined],
  ['localhost', 9002, undefined],
  ['a.localhost', 9002, undefined],
  ['orders.example', 9901, undefined],
  ['127.0.0.2', 9901, undefined],
  ['10.1.2.3', 9901, undefined],
  ['100.64.0.1', 80, undefined],
  ['2001:db8::1', 80, undefined],
  ['fd00::3', 80, undefined],
  ['127.0.0.1', 9901, 'admin'],
  ['localhost', 9901, 'admin'],
  ['LOCALHOST.', 9901, 'admin'],
  ['a.localhost', 9901, 'admin'],
  ['::ffff:127.0.0.1', 9901, 'admin'],
  ['::ffff:7f00:1', 9901, 'admin'],
  ['0:0:0:0:0:FFFF:127.0.0.1', 9901, 'admin'],
  ['::127.0.0.1', 9901, 'admin'],
  ['64:ff9b::7f00:1', 9901, 'admin'],
  ['64:ff9b::127.0.0.1', 9901, 'admin'],
  ['64:ff9b:1::7f00:1', 9901, 'admin'],
  ['::ffff:0:127.0.0.1', 9901, 'admin'],
  ['2002:7f00:1::', 9901, 'admin'],
  ['0.0.0.0', 9901, 'admin'],
  ['::', 9901, 'admin'],
  ['10.1.2.3', 8080, 'listener'],
  ['127.5.5.5', 8080, 'listener'],
  ['::1%lo', 8080, 'listener'],
  ['fe80::2%eth0', 8080, 'listener'],
  ['fd00::2', 8080, 'listener'],
  ['::ffff:10.1.2.3', 8080, 'listener'],
  ['10.1.2.4', 8080, undefined],
  ['169.254.169.254', 80, 'metadata'],
  ['::ffff:169.254.169.254', 80, 'metadata'],
  ['::ffff:a9fe:a9fe', 80, 'metadata'],
  ['64:ff9b::a9fe:a9fe', 80, 'metadata'],
  ['fd00:ec2::254', 80, 'metadata'],
  ['FD00:0EC2:0:0:0:0:0:254', 80, 'metadata'],
  ['fd00:ec2::254%1', 80, 'metadata'],
  ['100.100.100.200', 80, 'metadata'],
  ['168.63.129.16', 80, 'metadata'],
  ['metadata', 80, 'metadata'],
  ['Metadata.Google.Internal.', 80, 'metadata'],
  ['instance-data', 80, 'metadata'],
  ['169.254.1.1', 80, 'link_local'],
  ['fe80::1', 80, 'link_local'],
  ['febf::1%eth0', 80, 'link_local'],
  ['fec0::1', 80, undefined],
  ['0.1.2.3', 80, 'unspecified'],
  ['224.0.0.1', 80, 'multicast'],
  ['239.255.255.255', 80, 'multicast'],
  ['ff02::1', 80, 'multicast'],
  ['255.255.255.255', 80, 'broadcast'],
]
void t.test('E32 what endpoints may be written as', async (t) => {
  const rules = targetRules(here)
  for (const [host, port, reason] of written) t.equal(rules.ofWritten({ host, port })?.reason, reason, `${host} ${port}`)
})

const resolved: typeof written = [
  ['10.0.0.1', 80, undefined],
  ['fd00::2', 80, undefined],
  ['127.0.0.1', 80, 'loopback'],
  ['127.255.0.1', 80, 'loopback'],
  ['::1', 80, 'loopback'],
  ['::ffff:127.0.0.1', 80, 'loopback'],
  ['::127.0.0.1', 80, 'loopback'],
  ['64:ff9b::127.0.0.1', 80, 'loopback'],
  ['127.0.0.1', 9901, 'admin'],
  ['169.254.169.254', 80, 'metadata'],
  ['0.0.0.0', 80, 'unspecified'],
  ['fe80::1%eth0', 80, 'link_local'],
]
void t.test('E32 what names may stand for', async (t) => {
  const rules = targetRules(here)
  for (const [address, port, reason] of resolved) t.equal(rules.ofResolved(address, port)?.reason, reason, `${address} ${port}`)
})

void t.test('E32 allowedTargets names what is meant, and never opens the edge itself', async (t) => {
  const allowedTargets = ['169.254.0.0/16', '127.0.0.0/8', 'fd00:ec2::254/128']
  const rules = targetRules({ ...here, allowedTargets })
  for (const host of ['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', 'metadata'])
    t.equal(rules.ofWritten({ host, port: 80 }), undefined, host)
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '169.254.1.1']) t.equal(rules.ofResolved(address, 80), undefined, address)
  for (const host of ['127.0.0.1', 'localhost', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '0.0.0.0'])
    t.equal(rules.ofWritten({ host, port: 9901 })?.reason, 'admin', host)
  t.equal(rules.ofResolved('::1', 80)?.reason, 'loopback', 'what is not named')
  t.equal(
    targetRules({ ...here, allowedTargets: ['::/0'] }).ofWritten({ host: '64:ff9b::a9fe:a9fe', port: 80 })?.reason,
    'metadata',
    'the IPv4 address within',
  )
})

void t.test('E32 admin on one address of the machine', async (t) => {
  const rules = targetRules({ ...here, own: [{ ...admin, address: { host: '10.1.2.3', port: 9901 } }] })
  t.equal(rules.ofWritten({ host: '::ffff:10.1.2.3', port: 9901 })?.reason, 'admin')
  t.equal(rules.ofResolved('10.1.2.3', 9901)?.reason, 'admin')
  t.equal(rules.ofWritten({ host: '127.0.0.1', port: 9901 }), undefined)
})

void t.test('localhost and what lies below it', async (t) => {
  for (const name of ['localhost', 'Localhost.', 'a.b.localhost']) t.ok(isLocalhost(name), name)
  for (const name of ['localhost.example', 'xlocalhost', 'local']) t.notOk(isLocalhost(name), name)
})

const inFile: readonly (readonly [endpoint: string, complaint: string | undefined])[] = [
  [
    '169.254.169.254:80',
    'is a metadata service, which hands out credentials; write the address of the service, or 169.254.169.254/32 into allowedTargets',
  ],
  [
    '[::ffff:169.254.169.254]:80',
    'is a metadata service, which hands out credentials; write the address of the service, or 169.254.169.254/32 into allowedTargets',
  ],
  [
    '[64:ff9b::a9fe:a9fe]:80',
    'is a metadata service, which hands out credentials; write the address of the service, or 169.254.169.254/32 into allowedTargets',
  ],
  [
    'METADATA.google.internal.:80',
    'is a metadata service, which hands out credentials; write the address of the service, or 169.254.169.254/32 into allowedTargets',
  ],
  ['[fe80::1%eth0]:80', 'is a link-local address; write the address of the service, or fe80::1/128 into allowedTargets'],
  ['224.0.0.251:80', 'is a multicast address; write the address of the service, or 224.0.0.251/32 into allowedTargets'],
  ['255.255.255.255:80', 'is the broadcast address; write the address of the service, or 255.255.255.255/32 into allowedTargets'],
  ['[::127.0.0.1]:9901', 'is the admin interface of the edge, never to be reached from outside; write the address of the service'],
  ['0x7f000001:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['0x7f.1:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['127.0.0.0x1:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['2130706433:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['0177.0.0.1:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['127.1:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['127.0.0.1.:9901', 'has a malformed IPv4 address; write four numbers from 0 to 255'],
  ['127.0.0.1:9002', undefined],
  ['localhost:9002', undefined],
  ['orders.example:80', undefined],
]
void t.test('E32 the file tells the place, the reason and what to write instead', async (t) => {
  for (const [endpoint, complaint] of inFile) {
    const told = read(endpoint)
    t.equal(told, complaint && `4:52 splits.s.backends.a.endpoints[0] ${JSON.stringify(endpoint)} ${complaint}`, endpoint)
  }
  t.equal(read('169.254.169.254:80', 'allowedTargets: [169.254.169.254]\n'), undefined, 'named in allowedTargets')
})

function read(endpoint: string, more = ''): string | undefined {
  const text = `listeners: [{address: 127.0.0.1:8080}]\nadmin: {address: 127.0.0.1:9901}\nroutes: [{path: /, split: s}]\nsplits: {s: {backends: {a: {weight: 1, endpoints: ["${endpoint}"]}}}}\n${more}`
  const result = readEdge(new TextEncoder().encode(text), '/')
  if (result.kind === 'config') return undefined
  return result.faults.map(({ line, column, path, message, fix }) => `${line}:${column} ${pathText(path)} ${message}; ${fix}`).join('\n')
}

function pathText(path: readonly (string | number)[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}
