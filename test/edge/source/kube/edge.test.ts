// An edge that follows a cluster: on a server that speaks Kubernetes, with real sockets on both sides.
import t from 'tap'
import type { EndpointSlice } from '../../../../src/api/services.ts'
import { statusOf } from '../../http/message.ts'
import type { Upstream } from '../../http/upstream.ts'
import { ingress, path, service, slice, trafficSplit, weights } from './objects.ts'
import { podAddress, startPod, startScene, until } from './scene.ts'

/** The slice that makes an upstream the only pod of a Service. */
function sliceAt(name: string, upstream: Upstream): EndpointSlice {
  const made = slice(name, [podAddress], { ports: [{ name: 'http', port: upstream.port, protocol: 'TCP' }] })
  return { ...made, metadata: { ...made.metadata, name: `${name}-1` } }
}

t.test('an Ingress, its Service, a TrafficSplit that comes and goes', async (t) => {
  const scene = await startScene(t)
  const [stable, canary] = await Promise.all([startPod('stable'), startPod('canary')])
  t.teardown(() => Promise.all([stable.close(), canary.close()]))
  const edge = await scene.edge()
  t.equal(statusOf(await edge.get('/')), 404, 'nothing is there: ready, and 404')
  scene.put('ingresses.networking.k8s.io', ingress('web', { rules: [{ host: 'shop.example', http: { paths: [path('/', 'web')] } }] }))
  await until(async () => statusOf(await edge.get('/')) === 503, 'an Ingress without its Service is a 503')
  t.match(edge.lines.join('\n'), /warn .*Ingress shop\/web.*there is no Service web/)
  scene.put('services', service('web'))
  scene.put('endpointslices.discovery.k8s.io', sliceAt('web', stable))
  await until(async () => (await edge.get('/')).body === 'stable', 'its pods')
  t.match(edge.lines.join('\n'), /info that is over .*there is no Service web/)
  for (const name of ['web-aaa', 'web-bbb']) scene.put('services', service(name, { clusterIP: 'None' }))
  scene.put('endpointslices.discovery.k8s.io', sliceAt('web-aaa', stable))
  scene.put('endpointslices.discovery.k8s.io', sliceAt('web-bbb', canary))
  scene.put('trafficsplits.spillway.dev', trafficSplit([{ name: 'web', weights: weights(50, 50) }]))
  await until(async () => (await edge.get('/')).body === 'canary', 'the split')
  const counts = new Map<string, number>()
  for (let i = 0; i < 20; i++) {
    const { body } = await edge.get('/')
    counts.set(body, (counts.get(body) ?? 0) + 1)
  }
  t.same([counts.get('stable'), counts.get('canary')], [10, 10], 'exact shares')
  const metrics = await (await fetch(`http://127.0.0.1:${edge.admin.port}/metrics`)).text()
  for (const [role, revision] of [
    ['stable', 'aaa'],
    ['canary', 'bbb'],
  ]) {
    const own = `namespace="shop",split="web",service="web-${revision}",role="${role}",revision="${revision}"`
    t.match(metrics, `spillway_edge_requests_total{${own},method="GET",code="200"}`, `${role}: counted by its Service and revision`)
    t.match(metrics, `http_requests_total{app="web-${revision}",status="200"}`)
    t.match(metrics, `spillway_edge_weight_configured{namespace="shop",split="web",service="web",role="${role}",revision="${revision}"} 50`)
  }
  scene.put('trafficsplits.spillway.dev', trafficSplit([{ name: 'web', weights: weights(0, 100) }]))
  const reports = await fetch(`http://127.0.0.1:${edge.admin.port}/v1/reports`)
  const reader = reports.body!.getReader()
  await until(async () => {
    const lines = Buffer.from((await reader.read()).value!)
      .toString()
      .trim()
      .split('\n')
    const splits = lines.flatMap((line) => (JSON.parse(line) as { splits: { applied: { generation: number } }[] }).splits)
    return splits.some(({ applied }) => applied.generation === 2)
  }, 'reported by its generation')
  await reader.cancel()
  t.equal((await edge.get('/')).body, 'canary', 'and in force then')
  scene.remove('trafficsplits.spillway.dev', 'web')
  await until(async () => (await edge.get('/')).body === 'stable', 'without the split: plainly')
  scene.remove('ingresses.networking.k8s.io', 'web')
  await until(async () => statusOf(await edge.get('/')) === 404, 'without the Ingress: 404')
})

t.test('a cluster without TrafficSplits is served as any Ingress controller would', async (t) => {
  const scene = await startScene(t)
  scene.remove('customresourcedefinitions.apiextensions.k8s.io', 'trafficsplits.spillway.dev', '')
  const upstream = await startPod('here')
  t.teardown(() => upstream.close())
  scene.put('ingresses.networking.k8s.io', ingress('web', { rules: [{ host: 'shop.example', http: { paths: [path('/', 'web')] } }] }))
  scene.put('services', service('web'))
  scene.put('endpointslices.discovery.k8s.io', sliceAt('web', upstream))
  const edge = await scene.edge()
  t.equal((await edge.get('/')).body, 'here')
})

t.test('an edge of some namespaces serves those alone', async (t) => {
  const scene = await startScene(t)
  scene.server.cluster.create('namespaces', { metadata: { name: 'bank' } })
  for (const namespace of ['shop', 'bank']) {
    const made = ingress('web', { rules: [{ host: `${namespace}.example`, http: { paths: [path('/', 'web')] } }] })
    scene.put('ingresses.networking.k8s.io', { ...made, metadata: { ...made.metadata, namespace } })
  }
  const edge = await scene.edge({ namespaces: ['bank'] })
  t.equal(statusOf(await edge.get('/', 'Host: bank.example')), 503)
  t.equal(statusOf(await edge.get('/', 'Host: shop.example')), 404)
})
