import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs the program to its end; 20 s at most. */
function run(args: readonly string[], entry = 'bin/spillway.cjs', env: NodeJS.ProcessEnv = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [entry, ...args], { env: { ...process.env, ...env }, timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...said }))
  })
}

t.test('exit codes: 0 done, 2 wrong usage', async (t) => {
  const rows: readonly (readonly [args: readonly string[], code: number, stdout: RegExp, stderr: RegExp])[] = [
    [
      ['--help'],
      0,
      /Releases:[\s\S]*promote[\s\S]*spillway promote shop[\s\S]*spillway edge --config edge\.yaml[\s\S]*Exit codes: 0 done, 1 failed, 2 wrong usage\./,
      /^$/,
    ],
    [['edge', '--help'], 0, /--check[\s\S]*totalWeight: 100/, /^$/],
    [['help', 'demo'], 0, /--bad[\s\S]*Ctrl-C ends everything/, /^$/],
    [['version'], 0, /^spillway \d+\.\d+\.\d+ \(Node\.js v\d+\S*, \S+\)\n$/, /^$/],
    [['version', '--short'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [[], 2, /^$/, /Usage: spillway/],
    [['edgy'], 2, /^$/, /unknown command 'edgy'[\s\S]*Did you mean edge/],
    [['edge', '--colour'], 2, /^$/, /unknown option '--colour'/],
    [['edge', 'edge.yaml'], 2, /^$/, /too many arguments/],
    [['edge', '--workers', 'many'], 2, /^$/, /--workers is "many"; it must be a number from 1 to 64, or auto/],
    [['demo', '--port', '0'], 2, /^$/, /unknown option '--port'/],
  ]
  for (const [args, code, stdout, stderr] of rows) {
    t.match(await run(args), { code, stdout, stderr }, `spillway ${args.join(' ')}`)
  }
})

t.test('called as a plugin of kubectl, it speaks of itself so', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const named = (name: string): string => {
    const link = join(folder, name)
    symlinkSync(join(process.cwd(), 'bin', 'spillway.cjs'), link)
    return link
  }
  t.match(await run(['--help'], named('kubectl-spillway')), { code: 0, stdout: /Usage: kubectl spillway[\s\S]* kubectl spillway edge --config/ })
  const argo = await run(['--help'], named('kubectl-argo-rollouts'))
  t.match(argo, { code: 0, stdout: /Usage: kubectl argo rollouts[\s\S]* kubectl argo rollouts promote shop/ })
  t.notMatch(argo.stdout, /sandbox|edge/, 'of what that tool has not, nothing')
  t.match(await run(['pro'], named('kubectl_complete-argo-rollouts')), { code: 0, stdout: /^promote\t.*\n:4\n$/ })
})

t.test('the environment may speak for flags', async (t) => {
  t.match(await run(['edge'], 'bin/spillway.cjs', { SPILLWAY_WORKERS: '99' }), { code: 2, stderr: /SPILLWAY_WORKERS is "99"/ })
})
