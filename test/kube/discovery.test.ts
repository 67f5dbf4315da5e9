import t, { type Test } from 'tap'
import { openClient } from '../../src/kube/client.ts'
import { type Discovery, openDiscovery } from '../../src/kube/discovery.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { type ApiServer, failWith, startApiServer } from './apiServer.ts'

const aggregated = {
  '/api': { kind: 'APIGroupDiscoveryList', items: [{ metadata: { name: '' }, versions: [{ version: 'v1', resources: [kindOf('pods', 'Pod')] }] }] },
  '/apis': {
    kind: 'APIGroupDiscoveryList',
    items: [
      { metadata: { name: 'apps' }, versions: [{ version: 'v1', resources: [kindOf('deployments', 'Deployment')] }] },
      { metadata: { name: 'rbac' }, versions: [{ version: 'v1', resources: [kindOf('clusterroles', 'ClusterRole', 'Cluster')] }] },
      { metadata: { name: 'stale' }, versions: [{ version: 'v1', freshness: 'Stale' }] },
    ],
  },
}
const older = {
  '/api/v1': [
    { name: 'pods', kind: 'Pod', namespaced: true },
    { name: 'pods/eviction', kind: 'Eviction', namespaced: true },
    { name: 'nodes', kind: 'Node', namespaced: false },
  ],
  '/apis/apps/v1': [
    { name: 'deployments', kind: 'Deployment', namespaced: true },
    { name: 'deployments/scale', kind: 'Scale', namespaced: true },
  ],
  '/apis/stale/v1': [{ name: 'olds', kind: 'Old', namespaced: true }],
}

function kindOf(resource: string, kind: string, scope = 'Namespaced'): unknown {
  return { resource, scope, responseKind: { kind }, subresources: [{ subresource: 'status', responseKind: { kind } }] }
}

async function scene(
  t: Test,
  isLegacy: boolean,
  now?: () => number,
): Promise<{ readonly server: ApiServer; readonly discovery: Discovery; define(name: string): void }> {
  const server = await startApiServer()
  const transport = openTransport(server.connection)
  const groups = new Map<string, unknown>([
    ...Object.entries(older).map(([path, resources]) => [path, { kind: 'APIResourceList', resources }] as const),
    ...Object.entries(isLegacy ? { '/api': { kind: 'APIVersions' }, '/apis': { kind: 'APIGroupList', groups: [] } } : aggregated),
  ])
  server.intercept((request, response) => {
    const answer = groups.get(request.url ?? '')
    if (answer === undefined) return failWith(response, 404)
    response.end(JSON.stringify(answer))
    return true
  })
  t.teardown(async () => {
    await transport.close()
    await server.close()
  })
  const define = (name: string): void =>
    void groups.set(name, { kind: 'APIResourceList', resources: [{ name: 'news', kind: 'New', namespaced: true }] })
  return { server, discovery: openDiscovery(openClient(transport), now), define }
}

for (const isLegacy of [false, true])
  t.test(`kinds of a server that tells ${isLegacy ? 'a version at a time' : 'all at once'}`, async (t) => {
    let nowMs = 0
    const { server, discovery, define } = await scene(t, isLegacy, () => nowMs)
    t.strictSame(await discovery.find('v1', 'Pod'), { group: '', version: 'v1', name: 'pods', kind: 'Pod', namespaced: true })
    t.match(await discovery.find('apps/v1', 'Deployment'), { group: 'apps', name: 'deployments' })
    if (!isLegacy) t.match(await discovery.find('rbac/v1', 'ClusterRole'), { namespaced: false })
    t.match(await discovery.find('stale/v1', 'Old'), { name: 'olds' }, 'of a server behind that did not answer in time, asked for alone')
    t.equal(await discovery.find('apps/v1', 'Scale'), undefined, 'a subresource is no kind')
    const before = server.asked.length
    await Promise.all([discovery.find('v1', 'Pod'), discovery.find('apps/v1', 'Deployment'), discovery.find('apps/v1', 'Nothing')])
    t.equal(server.asked.length, before, 'known')
    t.equal(await discovery.find('new.example/v1', 'New'), undefined)
    define('/apis/new.example/v1')
    nowMs += 6_000
    t.match(await discovery.find('new.example/v1', 'New'), { name: 'news' }, 'soon after it was defined')
    const asked = server.asked.length
    nowMs += 700_000
    await Promise.all(Array.from({ length: 10 }, () => discovery.find('v1', 'Pod')))
    t.ok(server.asked.length - asked <= 2, 'ten who ask at once ask once')
    await t.rejects(discovery.find('v1', 'Pod', AbortSignal.abort(new Error('enough'))), { message: 'enough' })
  })
