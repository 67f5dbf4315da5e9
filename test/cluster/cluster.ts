import { execFile, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type KubeClient, openClient } from '../../src/kube/client.ts'
import { openConnection } from '../../src/kube/connection.ts'
import { openTransport } from '../../src/kube/transport.ts'

/** For the `skip` option of a test: false where a control plane can be started, else the reason. */
export function lacksCluster(): string | false {
  return process.env['KUBE_UP'] === undefined && 'KUBE_UP names no command that starts a Kubernetes control plane'
}

/** A control plane of its own, with etcd, for one test file. */
export type Cluster = {
  readonly kubeconfig: string
  readonly client: KubeClient
  /** Another client; its transport closes with the cluster. `perSecond`: its rate limit. */
  clientAs(perSecond: number): Promise<KubeClient>
  /** With kill -9; resolves when it has ended. */
  killServer(): Promise<void>
  /** Resolves when it is ready. */
  restartServer(): Promise<void>
  /** Lets Kubernetes' controllers stand still, or go on. */
  setControllers(state: 'still' | 'at work'): void
  close(): Promise<void>
}

const run = promisify(execFile)
// Seconds on an idle machine, but the other tests run at the same time.
const upMs = 120_000

/** `flags`: for the API server. */
export async function startCluster(flags: readonly string[] = []): Promise<Cluster> {
  const folder = await mkdtemp(join(process.env['KUBE_DIR'] ?? tmpdir(), 'kube-'))
  const up = process.env['KUBE_UP']!
  const down = up.replace(/up$/, 'down')
  await run(up, [folder], { timeout: upMs, env: { ...process.env, APISERVER_FLAGS: flags.join(' ') } })
  const kubeconfig = join(folder, 'kubeconfig')
  const connection = await openConnection({ kind: 'file', path: kubeconfig }, process.env)
  const transports = [openTransport(connection)]
  let pid = Number(readFileSync(join(folder, 'kube-apiserver.pid'), 'utf8'))
  const program = readlinkSync(`/proc/${pid}/exe`)
  const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1)

  function isAlive(): boolean {
    try {
      process.kill(pid, 0)
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
    } catch {
      // No such process.
      return false
    }
  }

  function start(): void {
    const log = openSync(join(folder, 'kube-apiserver.log'), 'a')
    const child = spawn(program, args, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    child.unref()
    pid = child.pid!
  }

  function setControllers(state: 'still' | 'at work'): void {
    process.kill(Number(readFileSync(join(folder, 'kube-controller-manager.pid'), 'utf8')), state === 'still' ? 'SIGSTOP' : 'SIGCONT')
  }

  return {
    kubeconfig,
    client: openClient(transports[0]!, { perSecond: 1_000, burst: 1_000 }),
    async clientAs(perSecond) {
      const transport = openTransport(await openConnection({ kind: 'file', path: kubeconfig }, process.env))
      transports.push(transport)
      return openClient(transport, { perSecond, burst: perSecond })
    },
    async killServer() {
      process.kill(pid, 'SIGKILL')
      while (isAlive()) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    async restartServer() {
      let isOver = false
      const answered = openClient(transports[0]!)
        .read('/version', { timeoutMs: upMs })
        .finally(() => (isOver = true))
      // It ends at once where somebody who dialled its port meanwhile was given that very port for himself.
      for (; !isOver; await delay(100)) if (!isAlive()) start()
      await answered
    },
    setControllers,
    async close() {
      // What stands still does not end when it is asked to.
      setControllers('at work')
      await Promise.all(transports.map((transport) => transport.close()))
      if (isAlive()) process.kill(pid, 'SIGKILL')
      await run(down, [folder], { timeout: upMs })
    },
  }
}
