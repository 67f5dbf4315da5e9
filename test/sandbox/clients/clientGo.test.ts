// client-go's shared informers, unmodified: they see all that is there and all that happens, whichever way they list, and though their watches break.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { lacks } from '../../needs.ts'
import { type Served, serveNamespace } from './replay.ts'
import { kubeBin } from './shell.ts'
import { until } from './until.ts'

type Line = {
  readonly event: 'added' | 'updated' | 'deleted' | 'synced' | 'failed' | 'held'
  readonly resource: string
  readonly name?: string
  readonly version?: string
  readonly object?: Settings & { readonly spec?: Readonly<Record<string, unknown>> }
  readonly initial?: boolean
  readonly error?: string
}
type Settings = KubeObject & { readonly data?: Readonly<Record<string, string>> }
type Held = Readonly<Record<string, string | undefined>>

const namespace = 'clients-go'
const resources = ['configmaps', 'deployments', 'pods'] as const
const resourceNames = { configmaps: 'configmaps', deployments: 'deployments.apps', pods: 'pods' } as const
const programs = join(kubeBin, '..', 'tests')

/** Compiles the program; nothing is left to do if nothing changed. */
async function build(): Promise<string> {
  mkdirSync(programs, { recursive: true })
  const program = join(programs, 'clientgo')
  const cwd = new URL('../../clientgo', import.meta.url).pathname
  // As the programs of a control plane are built, so that what both need is compiled once.
  await promisify(execFile)('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', program, '.'], { cwd, env: { ...process.env, CGO_ENABLED: '0' } })
  return program
}

type Way = { readonly contentType: string; readonly watchList: boolean }

/** Runs the program; `end` tells what its informers hold. */
function run(program: string, { kubeconfig, way }: { readonly kubeconfig: string; readonly way: Way }) {
  const args = ['--kubeconfig', kubeconfig, '--namespace', namespace, '--content-type', way.contentType]
  const child = spawn(program, args, {
    env: { ...process.env, KUBE_FEATURE_WatchListClient: String(way.watchList) },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines: Line[] = []
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  const ended = new Promise<void>((resolve) => reader.once('close', resolve))
  return {
    lines,
    said: () => said,
    /** What it must hold by what it told. */
    told(resource: string): Held {
      const held = new Map<string, string | undefined>()
      for (const { event, resource: of, name = '', version } of lines) {
        if (of !== resource) continue
        if (event === 'deleted') held.delete(name)
        if (event === 'added' || event === 'updated') held.set(name, version)
      }
      return Object.fromEntries([...held].sort())
    },
    async end(): Promise<readonly Line[]> {
      child.stdin.end()
      await ended
      return lines.filter(({ event }) => event === 'held')
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

function kept({ server }: Served, resource: (typeof resources)[number]): Held {
  const objects = server.cluster.list(resourceNames[resource], { namespace })
  return Object.fromEntries(objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion] as const).sort())
}

const ways = ['application/json', 'application/vnd.kubernetes.protobuf'].flatMap((contentType) =>
  [false, true].map((watchList) => ({ contentType, watchList })),
)

t.test('client-go', { skip: lacks('go') }, async (t) => {
  t.setTimeout(600_000)
  const program = await build()
  for (const way of ways) {
    await t.test(`${way.contentType}, ${way.watchList ? 'listing by watches' : 'lists'}`, async (t) => {
      const served = await serveNamespace(namespace)
      t.teardown(served.stop)
      const { cluster, faults, compact } = served.server
      const named = (index: number): string => `settings-${index}`
      const create = (index: number): unknown =>
        cluster.create<Settings>('configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: named(index), namespace },
          data: { round: '0' },
        })
      const update = (index: number, round: string): unknown =>
        cluster.update<Settings>('configmaps', { ...cluster.find<Settings>('configmaps', { namespace, name: named(index) })!, data: { round } })
      const remove = (index: number): void => cluster.delete('configmaps', { namespace, name: named(index) })
      const agree = (): boolean => resources.every((resource) => JSON.stringify(client.told(resource)) === JSON.stringify(kept(served, resource)))
      const told = (event: Line['event']): string[] =>
        client.lines.filter((line) => line.event === event && line.resource === 'configmaps').map(({ name = '' }) => name)

      await until(() => cluster.find('configmaps', { namespace, name: 'kube-root-ca.crt' }) !== undefined, 'the namespace has what each has')
      for (let index = 0; index < 50; index++) create(index)
      // The first watch breaks in the midst of the second round, the next in the third.
      const begun = way.watchList ? 52 : 0
      const match = { verbs: ['watch'], resource: 'configmaps', userAgent: 'clientgo' }
      faults.add({ match, occurrence: { kind: 'nth', nth: 1 }, effect: { kind: 'cutWatch', afterEvents: begun + 15 } })
      faults.add({ match, occurrence: { kind: 'nth', nth: 2 }, effect: { kind: 'cutWatch', afterEvents: 15 } })

      const client = run(program, { kubeconfig: served.kubeconfig, way })
      t.teardown(client.kill)
      await until(
        () => resources.every((resource) => client.lines.some((line) => line.event === 'synced' && line.resource === resource)),
        'all are synced',
      )
      const initial = client.lines.filter((line) => line.resource === 'configmaps' && line.initial).length
      t.equal(initial, 51, 'what was there came first, and was said to')

      for (let index = 0; index < 10; index++) update(index, '1')
      await until(agree, 'what is watched is seen')
      t.equal(told('updated').length, 10)

      for (let index = 0; index < 10; index++) update(index, '2')
      await until(agree, 'a watch that broke is taken up where it broke')
      t.same(told('updated').length, 20, 'nothing came twice, and nothing was missed')

      for (let index = 0; index < 10; index++) update(index, '3')
      remove(20)
      create(999)
      compact()
      await until(agree, 'where the server has forgotten what was missed, it is listed again')
      t.same(told('deleted'), [named(20)])
      t.ok(told('added').includes(named(999)))

      // Its own Deployment, and the pods that controllers made for it.
      await until(() => cluster.list('pods', { namespace }).length >= 2, 'its pods are made')
      await until(agree, 'pods and deployments are seen')
      const held = await client.end()
      for (const resource of resources) {
        const objects = held.filter((line) => line.resource === resource)
        t.same(Object.fromEntries(objects.map(({ name, version }) => [name, version] as const).sort()), kept(served, resource), resource)
      }
      t.equal(held.find(({ name }) => name === named(9))?.object?.data?.['round'], '3')
      t.match(held.find(({ resource }) => resource === 'deployments')?.object?.spec, {
        replicas: 2,
        template: { spec: { containers: [{ name: 'shop', image: 'shop:2', resources: { requests: { cpu: '100m' } } }], restartPolicy: 'Always' } },
      })
      t.equal(
        faults.reports().reduce((sum, { hit }) => sum + hit, 0),
        2,
      )
      t.notMatch(client.said(), /panic|fatal/)
    })
  }
})
