import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { collision, privilegedPort } from '../../../src/sandbox/kubelet/network/collisions.ts'
import { parseListeners, tcpListeners } from '../../../src/sandbox/kubelet/network/listeners.ts'
import { openAddresses } from '../../../src/sandbox/kubelet/network/loopback.ts'
import { images, shell, waits, web } from './programs.ts'
import { isReady, startTestNode } from './testNode.ts'

t.test('who listens', async (t) => {
  const head = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
  const rest = '00000000:00000000 00:00000000 00000000     0        0'
  t.same(
    parseListeners(
      `${head}   0: 0100407F:1F90 00000000:0000 0A ${rest} 11 1 0\n   1: 00000000:0050 00000000:0000 0A ${rest} 12 1 0\n   2: 0100007F:1F90 0100007F:9999 01 ${rest} 13 1 0\n`,
    ),
    [
      { address: '127.64.0.1', port: 8080, inode: '11' },
      { address: '0.0.0.0', port: 80, inode: '12' },
    ],
  )
  const far = '00000000000000000000000000000000:0000'
  t.same(
    parseListeners(
      `${head}   0: 00000000000000000000000000000000:1F90 ${far} 0A ${rest} 21 1\n   1: 00000000000000000000000001000000:1F90 ${far} 0A ${rest} 22 1\n   2: 0000000000000000FFFF00000100407F:1F90 ${far} 0A ${rest} 23 1\n`,
    ).map(({ address }) => address),
    ['::', '::1', '127.64.0.1'],
  )
  if (process.platform !== 'linux') return
  const server = createServer().listen(0, '127.64.99.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  t.match(
    tcpListeners().find((each) => each.port === port),
    { address: '127.64.99.1' },
  )
})

t.test('addresses', { skip: process.platform !== 'linux' && 'one loopback address here' }, async (t) => {
  const [one, two] = [openAddresses(true), openAddresses(true)]
  t.teardown(() => {
    one.stop()
    two.stop()
  })
  const mine = await Promise.all(Array.from({ length: 300 }, () => one.take()))
  const others = await Promise.all(Array.from({ length: 300 }, () => two.take()))
  t.equal(new Set([...mine, ...others]).size, 600, 'nobody has one twice, of two sandboxes neither')
  for (const ip of mine) t.match(ip, /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/)
  const [first = ''] = mine
  one.give(first)
  t.not(await one.take(), first, 'one that was given back comes back late')
  const shared = openAddresses(false)
  t.equal(await shared.take(), '127.0.0.1')
  t.not(await shared.freePort(), await shared.freePort())
})

t.test('what users read', (t) => {
  const own = { name: 'app', ip: '127.64.0.1', port: 8080 }
  t.equal(
    collision(own, { address: '0.0.0.0', port: 8080 }).message,
    'Container app listens on all addresses of this machine (0.0.0.0:8080), those of every other pod included. Pods are processes here and share them: let it listen on $HOST:$PORT (127.64.0.1:8080) instead',
  )
  t.match(
    collision({ ...own, port: undefined }, { address: '::', port: 80 }).message,
    /\(\[::\]:80\).*let it listen on \$HOST \(127.64.0.1\) instead/,
  )
  t.match(collision(own, { address: '127.64.0.2', port: 80 }).message, '127.64.0.2:80, the address of another pod')
  t.equal(privilegedPort('app', 8080, 1024), undefined)
  t.equal(privilegedPort('app', 80, 0), undefined)
  t.match(privilegedPort('app', 80, 1024)?.message, 'Container app wants port 80, and this user may only listen from 1024 on')
  t.end()
})

t.test('programs that do not listen where they should', { skip: process.platform !== 'linux' && 'looks into /proc' }, async (t) => {
  const node = await startTestNode(t, { images })
  const env = [{ name: 'LISTEN', value: '0.0.0.0' }]
  const ports = [{ containerPort: 18_080 }]
  node.create({ name: 'good', spec: { containers: [web({ ports })] } })
  await node.untilLog('good', /listening/)
  node.create({ name: 'greedy', spec: { containers: [web({ ports: [{ containerPort: 18_081 }], env })] } })
  await node.untilNews(
    'greedy',
    'Warning AddressCollision [spec.containers{app}] Container app listens on all addresses of this machine (0.0.0.0:18081)',
  )
  node.create({ name: 'late', spec: { containers: [web({ ports, env })] } })
  await node.untilNews('late', 'Warning AddressTaken [spec.containers{app}] Container app could not listen where it wanted to')
  node.create({ name: 'silent', spec: { containers: [shell(waits)] } })
  await node.untilPod('silent', 'ready', isReady)
  for (const name of ['good', 'silent']) t.notMatch(node.news(name).join('\n'), 'Address')
})

t.test('where all share one address, ports are others in truth', async (t) => {
  const node = await startTestNode(t, { images, ownAddresses: false })
  for (const name of ['a', 'b']) node.create({ name, spec: { containers: [web({ readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 } })] } })
  const pods = await Promise.all(['a', 'b'].map((name) => node.untilPod(name, 'ready', isReady)))
  for (const { status } of pods) t.equal(status!.podIP, '127.0.0.1')
})
