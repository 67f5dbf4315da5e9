// TLS from Secrets: by name, renewed under handshakes (E23), and the way there from http.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Secret } from '../../../../src/api/ingress.ts'
import { lacks } from '../../../needs.ts'
import { lowPort } from '../../../ports.ts'
import { fieldOf, statusOf } from '../../http/message.ts'
import { openWorkshop, type Pem } from '../../tls/certificates.ts'
import { askSecure, presented } from '../../tls/client.ts'
import { startGate } from './gate.ts'
import { ingress, path, service, slice } from './objects.ts'
import { anyPort, podAddress, type Scene, startPod, startScene, until } from './scene.ts'

t.setTimeout(120_000)
const changes = Number(process.env['CHANGES'] ?? 20)

function putSecret(scene: Scene, name: string, { cert, key }: Partial<Pem>): void {
  const encoded = (text = ''): string => Buffer.from(text).toString('base64')
  const secret: Secret = {
    metadata: { name, namespace: 'shop' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': encoded(cert), 'tls.key': encoded(key) },
  }
  scene.put('secrets', secret)
}

const ruleFor = (host: string) => ({ host, http: { paths: [path('/', 'web')] } })

void t.test('certificates in Secrets', { skip: lacks('openssl') }, async (t) => {
  const scene = await startScene(t)
  const workshop = await openWorkshop()
  const pod = await startPod('here')
  t.teardown(() => Promise.all([workshop.remove(), pod.close()]))
  const [first, second, third, other] = await Promise.all(
    ['v0', 'v1', 'v2', 'other'].map((name) => workshop.make({ names: [`DNS:${name}.example`, 'DNS:shop.example'] })),
  )
  const expired = await workshop.make({ names: ['DNS:expired.example'], days: 0 })
  scene.put('services', service('web'))
  scene.put('endpointslices.discovery.k8s.io', slice('web', [podAddress], { ports: [{ name: 'http', port: pod.port, protocol: 'TCP' }] }))
  scene.put(
    'ingresses.networking.k8s.io',
    ingress('web', { rules: [ruleFor('shop.example'), ruleFor('plain.example')], tls: [{ hosts: ['shop.example'], secretName: 'web' }] }),
  )
  const gate = await startGate(scene.server.port)
  t.teardown(() => gate.close())
  const at = { ...anyPort, port: await lowPort() }
  const snapshot = join(scene.folder, 'snapshot')
  const start = { by: scene.kubeconfigBy(gate.port), httpsAddress: at, redirectHttps: true, snapshot }
  const edge = await scene.edge(start)
  const names = (): Promise<string> => presented(at, { servername: 'shop.example' })
  t.equal(await names(), 'ECONNREFUSED', 'without a certificate nobody listens')
  t.match(edge.lines.join('\n'), /Secret shop\/web.*there is no such Secret/)

  await t.test('the first certificate opens the listener', async (t) => {
    putSecret(scene, 'web', first!)
    await until(async () => (await names()) === 'DNS:v0.example', 'presented')
    const answer = await askSecure(at, 'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n', { servername: 'shop.example' })
    t.equal(answer?.body, 'here')
    t.notMatch(edge.lines.join('\n'), /PRIVATE KEY|BEGIN CERTIFICATE/)
  })

  await t.test('what comes in the clear is sent on to https, where there is a certificate', async (t) => {
    const answer = await edge.get('/a?b=c')
    t.equal(statusOf(answer), 308)
    t.equal(fieldOf(answer, 'location'), 'https://shop.example/a?b=c')
    t.equal(statusOf(await edge.get('/.well-known/acme-challenge/token')), 200, 'but for what proves whose the host is')
    t.equal(statusOf(await edge.get('/', 'Host: plain.example')), 200, 'a host without one')
  })

  await t.test(`E23 ${changes} renewals of a Secret under handshakes: none fails, and each is served within 5 s`, async (t) => {
    const seen = new Map<string, number>()
    const stop = new AbortController()
    const handshakes = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) {
        const name = await names()
        seen.set(name, (seen.get(name) ?? 0) + 1)
      }
    })
    let longestMs = 0
    for (let change = 1; change <= changes; change++) {
      const sinceMs = performance.now()
      putSecret(scene, 'web', change % 2 === 0 ? first! : second!)
      await until(async () => (await names()) === `DNS:v${change % 2}.example`, 'presented', 5_000)
      longestMs = Math.max(longestMs, performance.now() - sinceMs)
      await delay(50)
    }
    stop.abort()
    await Promise.all(handshakes)
    t.same([...seen.keys()].sort(), ['DNS:v0.example', 'DNS:v1.example'], `${[...seen.values()].reduce((a, b) => a + b)} handshakes`)
    t.comment(`served after ${Math.round(longestMs)} ms at most`)
  })

  await t.test('E23 a Secret that cannot be used is told, and the one before stays', async (t) => {
    putSecret(scene, 'web', third!)
    await until(async () => (await names()) === 'DNS:v2.example', 'presented')
    const broken: readonly (readonly [pem: Partial<Pem>, told: RegExp])[] = [
      [{ cert: third!.cert, key: other!.key }, /tls.key is not the key of the certificate in tls.crt/],
      [{ cert: 'no certificate', key: third!.key }, /tls.crt holds no certificate/],
      [{ cert: '', key: third!.key }, /tls.crt is empty/],
      [expired, /its certificate expired on/],
    ]
    for (const [pem, told] of broken) {
      putSecret(scene, 'web', pem)
      await until(() => told.test(edge.lines.join('\n')), String(told))
      t.equal(await names(), 'DNS:v2.example')
    }
    scene.remove('secrets', 'web')
    await delay(100)
    t.equal(await names(), 'DNS:v2.example', 'nor does one that is deleted go at once: it may be on its way')
    putSecret(scene, 'web', first!)
    await until(async () => (await names()) === 'DNS:v0.example', 'presented')
  })

  await t.test('E9 a start without the API server serves TLS too', async (t) => {
    await edge.close()
    gate.refuse()
    await scene.edge(start)
    t.equal(await names(), 'DNS:v0.example')
  })
})
