// What kubectl shows of pods that are processes: their logs as they come, and what to do instead of what cannot be done with them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startSandbox } from '../../src/sandbox/startSandbox.ts'
import { kubeBin, openShell } from './clients/shell.ts'

const program = join(kubeBin, 'kubectl')
const missing = existsSync(program) ? false : 'kubectl not built'
const lateMs = 20_000
t.setTimeout(120_000)

/** Says a line each tenth of a second, until it is told to end; then it says so. */
const ticker = `let n = 0; setInterval(() => console.log('line ' + n++), 100); process.on('SIGTERM', () => { console.log('told to end'); process.exit(0) })`

async function cluster(t: { teardown(f: () => Promise<void>): void }): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-pods-'))
  const images = [{ pattern: 'ticker', argv: [process.execPath, '-e', ticker] }]
  const sandbox = await startSandbox({
    port: 0,
    kubeconfig: join(folder, 'kubeconfig'),
    pods: { images, workingDirectory: folder, variables: { PATH: process.env['PATH'] ?? '' } },
    onError: (what, error) => t.teardown(() => Promise.reject(new Error(what, { cause: error }))),
  })
  t.teardown(async () => {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return sandbox.kubeconfig
}

/** All that it has printed by the time that `isEnough`, or at its end. */
async function printed(child: ChildProcess, isEnough: (text: string) => boolean): Promise<string> {
  let text = ''
  const enough = Promise.withResolvers<void>()
  child.stdout!.setEncoding('utf8').on('data', (more: string) => {
    text += more
    if (isEnough(text)) enough.resolve()
  })
  await Promise.race([enough.promise, once(child, 'close', { signal: AbortSignal.timeout(lateMs) })])
  return text
}

t.test('kubectl shows logs as they come, and ends with the pod', { skip: missing }, async (t) => {
  const kubeconfig = await cluster(t)
  const shell = openShell(kubeconfig)
  t.teardown(() => shell.close())
  await shell.run('kubectl run ticker --image=ticker && kubectl wait --for=condition=Ready pod/ticker')
  const follower = spawn(program, ['--kubeconfig', kubeconfig, 'logs', '-f', 'ticker'], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 4 * lateMs })
  const text = await printed(follower, (so) => so.includes('line 5\n'))
  t.match(text, /^line 0\nline 1\n/)
  t.equal(follower.exitCode, null, 'it goes on following')
  const rest = printed(follower, (so) => so.includes('told to end'))
  await shell.run('kubectl delete pod ticker --wait')
  t.match(await rest, /told to end\n$/)
  if (follower.exitCode === null) await once(follower, 'exit', { signal: AbortSignal.timeout(lateMs) })
  t.equal(follower.exitCode, 0)
})

t.test('kubectl shows parts of logs, and those of the container before', { skip: missing }, async (t) => {
  const kubeconfig = await cluster(t)
  const shell = openShell(kubeconfig)
  t.teardown(() => shell.close())
  await shell.run(`kubectl run once --image=ticker --restart=OnFailure --command -- node -e 'console.log("a\\nb\\nc")'`)
  await shell.run(`kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/once`)
  t.equal(await shell.run('kubectl logs once --tail=2'), 'b\nc')
  t.match(await shell.run('kubectl logs once --timestamps --tail=1'), /^TIME c$/)
  t.match(await shell.run('kubectl logs once --previous'), /previous terminated container .* not found/)
  t.match(await shell.run('kubectl logs nobody'), /pods "nobody" not found/)
})

t.test('what pods here cannot do is refused with what to do instead', { skip: missing }, async (t) => {
  const shell = openShell(await cluster(t))
  t.teardown(() => shell.close())
  await shell.run('kubectl run ticker --image=ticker && kubectl wait --for=condition=Ready pod/ticker')
  t.match(await shell.run('kubectl exec ticker -- ls'), /does not serve pods\/exec; .*run the command yourself/)
  t.match(await shell.run('kubectl port-forward ticker 0:8080'), /does not serve pods\/portforward; .*connect to the pod's address/)
  t.match(await shell.run('kubectl attach ticker'), /does not serve pods\/attach; .*kubectl logs/)
})
