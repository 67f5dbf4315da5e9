// What following 10,000 objects costs, ours beside @kubernetes/client-node's. Usage: KUBE_UP=… node bench/informer.ts [--objects N]
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { bundling } from '../scripts/bundling.ts'
import { type KubeClient, openClient } from '../src/kube/client.ts'
import { openConnection } from '../src/kube/connection.ts'
import { keyOf, pods, refOfKey, serviceAccounts } from '../src/kube/resource.ts'
import { openTransport } from '../src/kube/transport.ts'
import type { ContenderName, Figures } from './informer/contender.ts'
import { kinds, objectOf, statusOf } from './informer/objects.ts'

const { values } = parseArgs({ options: { objects: { type: 'string', default: '10000' } } })
const count = Number(values.objects)
const names: readonly ContenderName[] = ['client-node', 'ours', 'ours without managedFields']
const lateMs = 180_000
const changes = Math.min(count, 2_000)
const up = process.env['KUBE_UP'] ?? ''

if (up === '') {
  console.error('KUBE_UP names no command that starts a Kubernetes control plane')
  process.exit(1)
}

/** Sixteen at a time. */
async function each(total: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let i = next++; i < total; i = next++) await work(i)
    }),
  )
}

async function fill(client: KubeClient): Promise<void> {
  await each(count, async (i) => {
    const resource = kinds[i % kinds.length]!
    const { metadata } = await client.create(resource, objectOf(resource, i), { fieldManager: 'kube-controller-manager' })
    if (resource !== pods) return
    const patch = { kind: 'merge', body: { status: statusOf(i) } } as const
    await client.patch(pods, refOfKey(keyOf({ metadata })), patch, { subresource: 'status', fieldManager: 'kubelet' })
  })
}

type Child = { ask(what: 'look' | 'weigh'): Promise<Figures>; end(): Promise<void> }

/** Ours as it is installed, which is bundled; theirs is, too, as it comes. Among node_modules, where both find what they need. */
async function built(): Promise<string> {
  const outdir = join(import.meta.dirname, '..', 'node_modules', '.cache', 'informer')
  rmSync(outdir, { recursive: true, force: true })
  await build({
    entryPoints: [join(import.meta.dirname, 'informer', 'contender.ts')],
    outdir,
    ...bundling,
    outExtension: { '.js': '.mjs' },
    external: ['@kubernetes/client-node'],
  })
  return join(outdir, 'contender.mjs')
}

function start(script: string, name: ContenderName, kubeconfig: string): Child {
  const child = spawn(process.execPath, ['--expose-gc', script, name, kubeconfig], { stdio: ['pipe', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async ask(what) {
      child.stdin.write(`${what}\n`)
      return JSON.parse(String((await lines.next()).value)) as Figures
    },
    async end() {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}

/** Asks until it is so. */
async function until(child: Child, isSo: (figures: Figures) => boolean): Promise<void> {
  const end = performance.now() + lateMs
  for (;;) {
    const figures = await child.ask('look')
    if (isSo(figures)) return
    if (performance.now() > end) throw new Error(`not there after ${lateMs} ms: ${JSON.stringify(figures)}`)
    await delay(250)
  }
}

type Row = { readonly name: ContenderName; readonly listed: Figures; readonly watched: Figures }

async function measure(client: KubeClient, child: Child, { name, value }: { readonly name: ContenderName; readonly value: number }): Promise<Row> {
  await until(child, ({ objects }) => objects >= count)
  const listed = await child.ask('weigh')
  await each(changes, async (i) => {
    const resource = kinds[i % kinds.length]!
    const body = { metadata: { annotations: { 'bench/value': String(value) } } }
    await client.patch(resource, refOfKey(keyOf(objectOf(resource, i))), { kind: 'merge', body }, { fieldManager: 'bench' })
  })
  const { sum } = listed
  await until(child, (figures) => figures.sum === sum + changes)
  const watched = await child.ask('weigh')
  await child.end()
  return { name, listed, watched }
}

function report(rows: readonly Row[]): string {
  const whole = (value: number): string => String(Math.round(value))
  const lines = rows.map(({ name, listed, watched }) => {
    const cells = [listed.atMs, listed.cpuMs, watched.cpuMs - listed.cpuMs, listed.heapMiB, listed.rssMiB, watched.heapMiB, watched.rssMiB]
    return `| ${name} | ${cells.map(whole).join(' | ')} |`
  })
  return [
    `| ${count} objects, half of them pods | listed after, ms | CPU for that, ms | CPU for ${changes} changes, ms | heap listed, MiB | RSS, MiB | heap after changes | RSS |`,
    '|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n')
}

const folder = mkdtempSync(join(process.env['KUBE_DIR'] ?? tmpdir(), 'informer-'))
execFileSync(up, [folder], { stdio: ['ignore', 'ignore', 'inherit'] })
try {
  const kubeconfig = join(folder, 'kubeconfig')
  const transport = openTransport(await openConnection({ kind: 'file', path: kubeconfig }, process.env))
  const client = openClient(transport, { perSecond: 10_000, burst: 10_000 })
  while ((await client.get(serviceAccounts, { namespace: 'default', name: 'default' }).catch(() => undefined)) === undefined) await delay(100)
  await fill(client)
  const rows: Row[] = []
  const script = await built()
  for (const [i, name] of names.entries()) rows.push(await measure(client, start(script, name, kubeconfig), { name, value: i + 1 }))
  const table = report(rows)
  console.log(table)
  await transport.close()
} finally {
  execFileSync(up.replace(/up$/, 'down'), [folder], { stdio: 'inherit' })
}
