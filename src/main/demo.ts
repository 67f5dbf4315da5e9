import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, extname, join } from 'node:path'
import type { Flags } from '../cli/verb.ts'
import { parseDemo, programVariables } from '../config.ts'
import type { DemoOptions } from '../demo/demo.ts'
import { badVersion } from '../demo/shop.ts'
import { stopSignal } from '../lib/stopSignal.ts'
import { builtinImages } from './images.ts'
import type { Started } from './started.ts'

const verbMs = 30_000

export async function demo(flags: Flags, started: Started): Promise<number> {
  const { runDemo } = await import('../demo/demo.ts')
  await runDemo({
    ...parseDemo(flags),
    ...demoParts(started),
    signal: stopSignal(['SIGINT', 'SIGTERM', 'SIGHUP']),
    stdout: process.stdout,
    stdin: process.stdin,
  })
  return 0
}

/** What a demo is made of, but for its terminal. */
export function demoParts({ env, program }: Started): Pick<DemoOptions, 'root' | 'command' | 'startCluster' | 'verb'> {
  const [shop, ...others] = builtinImages(program)
  const bad = { ...shop!, pattern: `spillway/demo:${badVersion}`, variables: { ...shop!.variables, ERROR_RATE: '0.3' } }
  return {
    root: join(dirname(program), '..'),
    command: extname(program) === '.ts' ? 'npm run --silent spillway --' : 'npx spillway',
    async startCluster(onError) {
      const [{ startSandbox }, { openClient }, { openConnection }, { openTransport }] = await Promise.all([
        import('../sandbox/startSandbox.ts'),
        import('../kube/client.ts'),
        import('../kube/connection.ts'),
        import('../kube/transport.ts'),
      ])
      const pods = { images: [shop!, bad, ...others], workingDirectory: process.cwd(), variables: programVariables(env) }
      const sandbox = await startSandbox({ port: 0, pods, onError })
      const transport = openTransport(await openConnection({ kind: 'file', path: sandbox.kubeconfig }, env))
      return {
        kubeconfig: sandbox.kubeconfig,
        client: openClient(transport, { perSecond: 200, burst: 400 }),
        async stop() {
          await transport.close()
          await sandbox.stop()
        },
      }
    },
    verb: (kubeconfig) => (args) => runVerb([program, ...args, '--kubeconfig', kubeconfig]),
  }
}

/** As the user would from another terminal; rejects with what it said. */
async function runVerb(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: verbMs })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(said.trim() || `${args.slice(1).join(' ')} ended with ${code}`)
  return said
}
