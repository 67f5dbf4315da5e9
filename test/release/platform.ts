/** A cluster with a controller and two edges, each a process of its own: the sandbox, or the cluster of RELEASE_KUBECONFIG, whose pods are containers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, createWriteStream, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { KubeObject } from '../../src/api/meta.ts'
import type { Rollout } from '../../src/api/rollout.ts'
import { type KubeClient, openClient } from '../../src/kube/client.ts'
import { openConnection } from '../../src/kube/connection.ts'
import { isKubeError } from '../../src/kube/errors.ts'
import type { Resource } from '../../src/kube/resource.ts'
import { ingresses, pods, services } from '../../src/kube/resource.ts'
import { openTransport } from '../../src/kube/transport.ts'
import { startSandbox } from '../../src/sandbox/startSandbox.ts'
import { lowPort } from '../ports.ts'
import { ingressTo, servicesOf } from './manifests.ts'

export const rollouts: Resource = { group: 'argoproj.io', version: 'v1alpha1', name: 'rollouts', kind: 'Rollout', namespaced: true }
const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  name: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
}
const program = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const shop = join(import.meta.dirname, 'shop.ts')
const at = { namespace: 'default', name: 'shop' }
/** Everything that is awaited comes sooner, on a busy machine too. */
const lateMs = 90_000

export type Part = {
  /** Where requests come in; '' of a controller. */
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
}

export type Platform = {
  readonly client: KubeClient
  readonly controller: Part
  readonly edges: readonly Part[]
  /** Numbers of POSTs that pods have taken, with repetitions. */
  ledger(): readonly string[]
  /** Makes a Rollout with its Services, and an Ingress to the first of them. */
  deploy(rollout: Rollout): Promise<void>
  /** Another image for the Rollout. */
  release(version: string): Promise<void>
  /** A verb of the CLI: `promote`, `--full` … */
  spillway(...args: readonly string[]): Promise<string>
  rollout(): Promise<Rollout>
  /** Resolves once the Rollout is so; rejects with how it was, when it is late. */
  until(isSo: (rollout: Rollout) => boolean, what: string): Promise<Rollout>
  end(): Promise<void>
}

export async function startPlatform(log: (line: string) => void): Promise<Platform> {
  const folder = mkdtempSync(join(tmpdir(), 'release-'))
  const ledgers = join(folder, 'ledgers')
  mkdirSync(ledgers)
  // Containers write there as a user of their own.
  chmodSync(folder, 0o755)
  chmodSync(ledgers, 0o777)
  const given = process.env['RELEASE_KUBECONFIG']
  const variables = { VERSION: '$(IMAGE_TAG)' }
  // Each process writes a file of its own, so that none has to wait for another.
  const command = ['/bin/sh', '-c', `LEDGER=${ledgers}/$$ exec ${process.execPath} ${shop}`]
  const sandbox =
    given === undefined
      ? await startSandbox({
          port: 0,
          kubeconfig: join(folder, 'kubeconfig'),
          pods: {
            images: [
              { pattern: 'shop:*', argv: command, variables },
              { pattern: 'rude:*', argv: command, variables: { ...variables, LEAVES_AT_ONCE: '1' } },
            ],
            workingDirectory: folder,
            variables: { PATH: process.env['PATH'] ?? '' },
          },
          onError: (what, error) => log(`sandbox: ${what}: ${String(error)}`),
        })
      : undefined
  const kubeconfig = given ?? sandbox!.kubeconfig
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, crypto.randomUUID(), { mode: 0o600 })
  const transport = openTransport(await openConnection({ kind: 'file', path: kubeconfig }, process.env))
  const client = openClient(transport, { perSecond: 1_000, burst: 1_000 })
  await define(client)

  const edges: (Part & { admin: string })[] = []
  for (const name of ['edge-1', 'edge-2']) {
    const [port, adminPort] = [await lowPort(), await lowPort()]
    const args = ['edge', '--kubeconfig', kubeconfig, '--http-address', `127.0.0.1:${port}`, '--https-address', `127.0.0.1:${await lowPort()}`]
    const own = [
      '--admin-address',
      `127.0.0.1:${adminPort}`,
      '--admin-token-file',
      tokenFile,
      '--snapshot',
      join(folder, name),
      '--drain-delay',
      '1s',
    ]
    const admin = `http://127.0.0.1:${adminPort}`
    edges.push({
      ...part({ args: [...args, ...own], logFile: join(folder, `${name}.log`), ready: `${admin}/readyz` }),
      url: `http://127.0.0.1:${port}/`,
      admin,
    })
  }
  const health = await lowPort()
  const controller: Part = {
    ...part({
      args: [
        ...['controller', '--kubeconfig', kubeconfig, '--metrics-port', '0', '--health-port', String(health), '--edge-token-file', tokenFile],
        ...edges.flatMap(({ admin }) => ['--edge', admin]),
        ...['--leader-elect=false', '--qps', '200', '--burst', '400'],
      ],
      logFile: join(folder, 'controller.log'),
      ready: `http://127.0.0.1:${health}/readyz`,
    }),
    url: '',
  }

  async function end(): Promise<void> {
    // The next one begins with a cluster as this one found it.
    if (given !== undefined) await removeAll(client)
    await Promise.all([controller, ...edges].map((each) => each.kill()))
    await transport.close()
    await sandbox?.stop()
    if (process.env['KEEP_LOGS'] === '1') log(folder)
    else rmSync(folder, { recursive: true, force: true })
  }
  async function rollout(): Promise<Rollout> {
    return client.get<Rollout>(rollouts, at)
  }
  async function until(isSo: (rollout: Rollout) => boolean, what: string): Promise<Rollout> {
    const deadline = performance.now() + lateMs
    for (;;) {
      const now = await rollout()
      if (isSo(now)) return now
      if (performance.now() > deadline)
        throw new Error(`not ${what}: ${JSON.stringify({ spec: now.spec.replicas, status: now.status })}\n${tail(folder)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  try {
    await controller.start()
  } catch (error) {
    await end()
    throw error
  }
  return {
    client,
    controller,
    edges,
    ledger: () =>
      globSync(join(ledgers, '*')).flatMap((file) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      ),
    async deploy(wanted) {
      const own = servicesOf(wanted)
      for (const service of own) await client.create(services, service)
      await client.create(ingresses, ingressTo(own[0]!.metadata.name) as KubeObject)
      await client.create(rollouts, given === undefined ? wanted : withLedgers(wanted, ledgers))
      // An edge that knows no table is not ready.
      await Promise.all(edges.map((each) => each.start()))
      await until(({ status }) => status?.phase === 'Healthy', 'healthy at first')
    },
    async release(version) {
      const now = await rollout()
      const [container] = now.spec.template?.spec?.containers ?? []
      const image = container!.image!.replace(/:[^:]*$/, `:${version}`)
      await spillway(kubeconfig, ['set', 'image', 'shop', `shop=${image}`])
      await until(({ metadata, status }) => Number(status?.observedGeneration) >= (metadata.generation ?? 0), 'observed')
    },
    spillway: (...args) => spillway(kubeconfig, args),
    rollout,
    until,
    end,
  }
}

/** Containers keep ledgers where processes do, each in a file with its pod's name: the node is this machine. */
function withLedgers(wanted: Rollout, ledgers: string): Rollout {
  const changed = structuredClone(wanted) as unknown as { spec: { template: { spec: { containers: { env: object[] }[] } } } }
  const { spec } = changed.spec.template
  const [container] = spec.containers
  container!.env.push({ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'LEDGER', value: '/ledgers/$(POD)' })
  Object.assign(container!, { volumeMounts: [{ name: 'ledgers', mountPath: '/ledgers' }] })
  Object.assign(spec, { volumes: [{ name: 'ledgers', hostPath: { path: ledgers } }] })
  return changed as unknown as Rollout
}

async function removeAll(client: KubeClient): Promise<void> {
  await client.delete(rollouts, at, { propagationPolicy: 'Foreground' })
  for (const resource of [ingresses, services])
    for (const { metadata } of (await client.list(resource, { namespace: at.namespace })).items)
      if (metadata.name !== 'kubernetes') await client.delete(resource, { namespace: at.namespace, name: metadata.name })
  const deadline = performance.now() + lateMs
  while ((await client.list(pods, { namespace: at.namespace })).items.length > 0 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 200))
}

/** The last lines of all logs. */
function tail(folder: string): string {
  return globSync(join(folder, '*.log'))
    .map((file) => `${file}:\n${readFileSync(file, 'utf8').split('\n').slice(-15).join('\n')}`)
    .join('\n')
}

async function define(client: KubeClient): Promise<void> {
  for (const file of globSync(join(import.meta.dirname, '../../charts/spillway/crds/*.yaml'))) {
    const definition = parse(readFileSync(file, 'utf8')) as KubeObject
    await client.create(definitions, definition).catch((error: unknown) => {
      if (!isKubeError(error, 'alreadyExists')) throw error
    })
  }
  const deadline = performance.now() + lateMs
  for (;;) {
    const { items } = await client.list<KubeObject & { status?: { conditions?: { type: string; status: string }[] } }>(definitions)
    if (items.every(({ status }) => status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True'))) return
    if (performance.now() > deadline) throw new Error('the custom resource definitions are not established')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

type Process = { readonly args: readonly string[]; readonly logFile: string; readonly ready: string }

function part({ args, logFile, ready }: Process): Omit<Part, 'url'> {
  let child: ChildProcess | undefined
  return {
    async kill() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    async start() {
      const log = createWriteStream(logFile, { flags: 'a' })
      child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      child.stdout!.pipe(log)
      child.stderr!.pipe(log)
      const started = child
      const deadline = performance.now() + lateMs
      while (!(await answers(ready))) {
        if (started.exitCode !== null || performance.now() > deadline)
          throw new Error(`${args[0]} did not become ready:\n${readFileSync(logFile, 'utf8').slice(-3_000)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false // It does not listen yet.
  }
}

async function spillway(kubeconfig: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [program, ...args, '--kubeconfig', kubeconfig], { stdio: ['ignore', 'pipe', 'pipe'], timeout: lateMs })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`spillway ${args.join(' ')}: ${said}`)
  return said
}
