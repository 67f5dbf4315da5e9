// The same pods as on a real node go through the same states, and the same is told of them.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../../src/api/meta.ts'
import type { Pod } from '../../../src/api/pod.ts'
import type { EndpointSlice } from '../../../src/api/services.ts'
import { withoutRepeats } from './story.ts'
import { isReady, startTestNode } from './testNode.ts'

type Recording = {
  readonly pods: Readonly<Record<string, { readonly scenes: readonly string[]; readonly news: readonly string[] }>>
  readonly slices: readonly string[]
}
const recording = JSON.parse(readFileSync(new URL('recorded/node.json', import.meta.url), 'utf8')) as Recording
const folder = mkdtempSync(join(tmpdir(), 'spillway-real-node-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** Back-offs are a tenth as long here. */
const quicker = (line: string): string => line.replace(/back-off (\d+)0s/g, 'back-off $1s')
/** What differs for good reasons: names of nodes and users' programs. */
const here = (line: string): string =>
  quicker(line)
    .replaceAll('localhost/bb:1', 'sh:1')
    .replace(/ to node$/, ' to sandbox')

/** Each cat words it its own way. */
const withoutCat = (line: string): string => line.replace(/(probe failed: ).*No such file or directory$/, '$1nothing there')
/** The real node forgets by and by how an earlier run ended, once the last one has. */
const withoutLast = (line: string): string => line.replace(/(terminated:[^;]*?) last=[^;]*/g, '$1')
/** These go on for ever: how they begin is enough. */
const endless = ['live', 'livestatus', 'startup', 'badpoststart']
const beginning = (scenes: readonly string[]): readonly string[] =>
  scenes.slice(
    0,
    scenes.findIndex((scene) => scene.includes('restarts=2')),
  )

/** States that a slower observer misses: the real kubelet writes what has changed since, not each change. */
function missing(expected: readonly string[], found: readonly string[]): readonly string[] {
  let at = 0
  return expected.filter((line) => {
    const next = found.indexOf(line, at)
    if (next < 0) return true
    at = next + 1
    return false
  })
}

t.test('as on a real node', { skip: process.platform !== 'linux' && 'addresses of their own' }, async (t) => {
  const server = join(folder, 'httpd.mjs')
  writeFileSync(
    server,
    `import { createServer } from 'node:http'
// As there, a signal reaches the first process only.
process.on('SIGTERM', () => undefined)
createServer((q, r) => { r.statusCode = q.url === '/ok' ? 200 : 404; r.end() }).listen(8080, process.env.HOST)`,
  )
  writeFileSync(join(folder, 'httpd'), `#!/bin/sh\nexec ${process.execPath} ${server} &\n`)
  chmodSync(join(folder, 'httpd'), 0o755)
  const node = await startTestNode(t, {
    withControllers: true,
    variables: { PATH: `${folder}:${dirname(process.execPath)}:/usr/bin:/bin` },
    waits: { crashes: { firstMs: 1_000, longestMs: 30_000 }, pulls: { firstMs: 1_000, longestMs: 30_000 }, retryMs: 1_000 },
  })
  const slices: string[] = []
  node.cluster.follow(['endpointslices.discovery.k8s.io'], ({ type, object }) => {
    if (type === 'DELETED') return
    const each = ((object as EndpointSlice).endpoints ?? []).map(({ conditions = {} }) =>
      Object.entries(conditions)
        .filter(([, is]) => is)
        .map(([name]) => name)
        .join('+'),
    )
    const line = each.map((text) => text || 'none').join(',') || 'empty'
    if (slices.at(-1) !== line) slices.push(line)
  })
  const text = readFileSync(new URL('recorded/pods.yaml', import.meta.url), 'utf8')
    .replaceAll('/tmp/up', join(folder, 'up'))
    // A container's first process is not ended by a signal that it does not know.
    .replaceAll('command: [sleep, "1000"]', `command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"]`)
  const resources: Readonly<Record<string, string>> = { Pod: 'pods', Service: 'services', ConfigMap: 'configmaps', Secret: 'secrets' }
  for (const document of parseAllDocuments(text)) {
    const { stringData, ...object } = document.toJS() as KubeObject & { readonly stringData?: Readonly<Record<string, string>> }
    const data = stringData && { data: Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, btoa(value)])) }
    node.cluster.create(resources[object.kind!]!, { ...object, ...data, metadata: { ...object.metadata, namespace: 'default' } })
  }
  const drop = (...names: readonly string[]): void => {
    for (const name of names) node.cluster.delete('pods', { namespace: 'default', name })
  }
  const run = async (name: string): Promise<Pod> =>
    node.untilPod(name, 'runs', ({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined)
  const restarts =
    (count: number) =>
    ({ status }: Pod) =>
      (status?.containerStatuses?.[0]?.restartCount ?? 0) >= count
  const waits = ({ status }: Pod): boolean => status?.containerStatuses?.[0]?.state?.waiting !== undefined
  const crashed = node.untilPod('crash', 'waits for its third run', (pod) => restarts(2)(pod) && waits(pod)).then(() => drop('crash'))
  await node.untilPod('web', 'ready', isReady, 15_000)
  await Promise.all([run('stubborn'), run('hooks')])
  await node.until('the endpoint of web is ready', () => slices.includes('ready+serving') || undefined)
  drop('web', 'stubborn', 'hooks')
  const gates = node.pod('gates')!
  const gate = { type: 'example.com/ok', status: 'False' as const }
  node.cluster.update<Pod>('pods', { ...gates, status: { ...gates.status, conditions: [...(gates.status?.conditions ?? []), gate] } }, 'status')
  for (const resource of ['configmaps', 'secrets'])
    node.cluster.create(resource, { metadata: { name: 'late', namespace: 'default' }, data: { a: btoa('1') } } as KubeObject)
  await Promise.all([run('noconfig'), run('nosecret')])
  drop('noconfig', 'novolume')
  await crashed
  await Promise.all(['web', 'stubborn', 'hooks', 'noconfig', 'novolume', 'crash'].map((name) => node.untilGone(name)))
  await node.untilPod('sidecar', 'done', ({ status }) => status?.phase === 'Succeeded', 15_000)
  await node.untilPod('twodone', 'done', ({ status }) => status?.phase === 'Succeeded')
  await Promise.all(endless.map((name) => node.untilPod(name, 'is restarted', (pod) => restarts(1)(pod), 15_000)))

  await node.until('web has no endpoint', () => slices.at(-1) === 'empty' || undefined)

  for (const [name, { scenes, news }] of Object.entries(recording.pods)) {
    // The last but one is written by the server as it forgets a pod.
    const whole = scenes.filter((scene) => !scene.startsWith('ending in 0'))
    const expected = withoutRepeats((endless.includes(name) ? beginning(whole) : whole).map(here).map(withoutLast))
    const found = withoutRepeats(node.scenes(name).map(withoutLast))
    t.same(missing(expected, found), [], `${name}: states`, { found })
    const told = node.news(name).map(withoutCat)
    t.same(
      news
        .filter((line) => !endless.includes(name) || !line.includes(' BackOff '))
        .map(here)
        .map(withoutCat)
        .filter((line) => !told.includes(line)),
      [],
      `${name}: news`,
      { told },
    )
  }
  t.same(slices, recording.slices, 'what the endpoints of web were')
})
