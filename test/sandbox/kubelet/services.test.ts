import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import type { EndpointSlice, Service } from '../../../src/api/services.ts'
import { backendsOf } from '../../../src/sandbox/kubelet/services/backends.ts'
import { openRelay } from '../../../src/sandbox/kubelet/services/relay.ts'
import { clusterAddressHint } from '../../../src/sandbox/kubelet/services/tellings.ts'
import { images, web } from './programs.ts'
import { isReady, startTestNode, type TestNode } from './testNode.ts'

const slice = (
  endpoints: EndpointSlice['endpoints'],
  ports: EndpointSlice['ports'] = [{ name: 'http', port: 8080, protocol: 'TCP' }],
): EndpointSlice => ({
  metadata: { name: 's' },
  addressType: 'IPv4',
  endpoints,
  ports,
})
const at = (ip: string, ready: boolean, serving = ready, terminating = false) => ({ addresses: [ip], conditions: { ready, serving, terminating } })

t.test('which endpoints get connections', (t) => {
  const cases = [
    { rule: 'those that are ready', slices: [slice([at('1', true), at('2', false), at('3', true)])], is: ['1', '3'] },
    { rule: 'of all slices', slices: [slice([at('1', true)]), slice([at('2', true)])], is: ['1', '2'] },
    { rule: 'not those that end', slices: [slice([at('1', true), at('2', false, true, true)])], is: ['1'] },
    { rule: 'unless there are no others', slices: [slice([at('1', false), at('2', false, true, true), at('3', false, false, true)])], is: ['2'] },
    { rule: 'of this port', slices: [slice([at('1', true)], [{ name: 'other', port: 1 }])], is: [] },
    { rule: 'of none', slices: [slice(null, null)], is: [] },
  ]
  for (const { rule, slices, is } of cases)
    t.same(
      backendsOf({ name: 'http', port: 80 }, slices).map(({ ip }) => ip),
      is,
      rule,
    )
  t.end()
})

t.test('a relay', async (t) => {
  const echo = (name: string) =>
    createServer({ allowHalfOpen: true }, (socket) => socket.on('data', (data) => socket.write(`${name}:${data}`)).on('end', () => socket.end('bye')))
  const servers = ['a', 'b'].map(echo)
  const backends: { ip: string; port: number; podUid: undefined }[] = []
  for (const server of servers) {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    backends.push({ ip: '127.0.0.1', port: (server.address() as { port: number }).port, podUid: undefined })
    t.teardown(() => server.close())
  }
  let targets = [...backends]
  const relay = await openRelay({ host: '127.0.0.1', port: 0, backends: () => targets })
  t.teardown(() => relay.close())
  const ask = async (): Promise<string> => {
    const socket = connect({ host: relay.host, port: relay.port })
    let text = ''
    socket.setEncoding('utf8').on('data', (part) => (text += part))
    socket.end('hi')
    await once(socket, 'close')
    return text
  }
  t.same([await ask(), await ask(), await ask()].sort(), ['a:hibye', 'a:hibye', 'b:hibye'], 'in turn, and half-closed')
  const refusing = createServer()
  await once(refusing.listen(0, '127.0.0.1'), 'listening')
  const { port } = refusing.address() as { port: number }
  refusing.close()
  await once(refusing, 'close')
  targets = [{ ip: '127.0.0.1', port, podUid: undefined }, backends[1]!]
  t.same([await ask(), await ask()], ['b:hibye', 'b:hibye'], 'who does not answer is passed over')
  targets = []
  t.equal(await ask(), '', 'with nobody there it is closed')
})

const create = (node: TestNode, name: string, spec: Service['spec']): Service =>
  node.cluster.create<Service>('services', { metadata: { name, namespace: 'default' }, spec: { selector: { app: 'web' }, ...spec } } as Service)

t.test('load balancers and node ports', { skip: process.platform !== 'linux' && 'addresses of their own' }, async (t) => {
  const node = await startTestNode(t, { images, withControllers: true })
  const readinessProbe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, failureThreshold: 1 }
  const pods = ['a', 'b']
  for (const name of pods)
    node.create({ name, labels: { app: 'web' }, spec: { containers: [web({ env: [{ name: 'NAME', value: name }], readinessProbe })] } })
  create(node, 'lb', { type: 'LoadBalancer', ports: [{ port: 8080, targetPort: 8080 }] })
  create(node, 'inner', { ports: [{ port: 80, targetPort: 8080 }] })
  for (const name of pods) await node.untilPod(name, 'ready', isReady)
  const service = (name: string): Service => node.cluster.find<Service>('services', { namespace: 'default', name })!
  const { ip, ports } = (await node.until('it has an address', () => service('lb').status?.loadBalancer?.ingress?.[0]))!
  t.match(ip, /^127\./)
  t.same(ports, [{ port: 8080, protocol: 'TCP' }])
  const who = async (url: string): Promise<string> =>
    fetch(url, { headers: { connection: 'close' } }).then(
      async (response) => (await response.text()).split(' ')[0]!,
      () => 'nobody',
    )
  const url = `http://${ip}:8080/`
  await node.eventually('both answer', async () => new Set([await who(url), await who(url)]).size === 2)
  const { nodePort } = service('lb').spec.ports![0]!
  t.ok(pods.includes(await who(`http://127.0.0.1:${nodePort}/`)), 'at its node port')
  await who(`http://${node.pod('a')!.status!.podIP}:8080/off`)
  await node.untilPod('a', 'not ready', (pod) => !isReady(pod))
  await node.eventually('only b answers', async () => (await Promise.all([who(url), who(url), who(url)])).every((name) => name === 'b'))
  await node.untilNews('inner', 'Normal NoClusterAddress Pods are processes of this machine here')

  const taken = create(node, 'np', { type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }] })
  const port = taken.spec.ports![0]!.nodePort!
  await node.eventually('its port answers', async () => pods.includes(await who(`http://127.0.0.1:${port}/`)))
  node.cluster.delete('services', { namespace: 'default', name: 'np' })
  await node.eventually('it does not any more', async () => (await who(`http://127.0.0.1:${port}/`)) === 'nobody')
  const blocker = createServer()
  await once(blocker.listen(port, '127.0.0.1'), 'listening')
  t.teardown(() => blocker.close())
  create(node, 'blocked', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] })
  await node.untilNews(
    'blocked',
    `Warning PortTaken Cannot listen on IP:${port}: another program listens there; end that program, or give the Service another nodePort`,
  )
})

t.test('what is said of cluster addresses', (t) => {
  const of = (spec: Service['spec']) => clusterAddressHint({ metadata: { name: 'web', namespace: 'n' }, spec })?.message
  t.match(of({ selector: {}, clusterIP: '10.96.0.9' }), /neither 10\.96\.0\.9 nor the name web\.n\.svc leads anywhere.*type LoadBalancer or NodePort/)
  t.equal(of({ clusterIP: '10.96.0.1' }), undefined, 'nobody expects one without pods of its own')
  t.equal(of({ type: 'LoadBalancer', selector: {} }), undefined)
  t.end()
})
