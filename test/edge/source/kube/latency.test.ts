// How long a change in the cluster takes until requests go by it, with a thousand routes.
import t from 'tap'
import { ask } from '../../http/client.ts'
import { ingress, path, service, slice, trafficSplit, weights } from './objects.ts'
import { podAddress, startPod, startScene, until } from './scene.ts'

t.setTimeout(120_000)
/** 1,000 and 200 by hand. */
const routes = Number(process.env['ROUTES'] ?? 300)
const writes = Number(process.env['WRITES'] ?? 60)
/** Promised is 250 ms on a machine of one's own. */
const limitMs = 500

t.test(`with ${routes} routes a write to the API server takes effect soon`, async (t) => {
  const scene = await startScene(t)
  const [stable, canary] = await Promise.all([startPod('stable'), startPod('canary')])
  t.teardown(() => Promise.all([stable.close(), canary.close()]))
  for (let i = 0; i < routes; i++) {
    const name = `web-${i}`
    scene.put('services', service(name))
    for (const [hash, pod] of [
      ['aaa', stable],
      ['bbb', canary],
    ] as const) {
      scene.put('services', service(`${name}-${hash}`, { clusterIP: 'None' }))
      const made = slice(`${name}-${hash}`, [podAddress], { ports: [{ name: 'http', port: pod.port, protocol: 'TCP' }] })
      scene.put('endpointslices.discovery.k8s.io', { ...made, metadata: { ...made.metadata, name: `${name}-${hash}` } })
    }
    scene.put('ingresses.networking.k8s.io', ingress(name, { rules: [{ host: `${name}.example`, http: { paths: [path('/', name)] } }] }))
    weigh(i, 0)
  }
  function weigh(index: number, share: number): void {
    const name = `web-${index}`
    const split = trafficSplit([{ name, weights: weights(100 - share, share) }], { name })
    const backends = split.spec.backends.map((backend) => ({ ...backend, service: `${name}-${backend.podTemplateHash}` }))
    scene.put('trafficsplits.spillway.dev', { ...split, spec: { ...split.spec, backends } } as typeof split)
  }
  const edge = await scene.edge({ workers: 2, times: {} })
  const versionOf = async (index: number): Promise<string> =>
    (await ask(edge.addresses[0]!, `GET / HTTP/1.1\r\nHost: web-${index}.example\r\nConnection: close\r\n\r\n`))?.body ?? ''
  const tookMs: number[] = []
  for (let write = 0; write < writes; write++) {
    const index = (write * 37) % routes
    const want = write % (2 * routes) < routes ? 'canary' : 'stable'
    const startedMs = performance.now()
    weigh(index, want === 'canary' ? 100 : 0)
    await until(async () => (await versionOf(index)) === want, `the change of ${index}`)
    tookMs.push(performance.now() - startedMs)
  }
  tookMs.sort((a, b) => a - b)
  const at = (share: number): number => Math.round(tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))]!)
  t.comment(`${writes} writes, one after the other: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`)
  t.ok(at(0.99) < limitMs, `p99 ${at(0.99)} ms`)
})
