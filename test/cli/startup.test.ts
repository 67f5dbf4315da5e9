// A command that is typed is to answer at once: what takes long to load is not loaded before the first request.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { kubeconfigOf } from './releases/scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const hook = join(folder, 'hook.mjs')
writeFileSync(
  hook,
  `import { registerHooks } from 'node:module'
registerHooks({ load: (url, context, next) => { console.error('loaded ' + url); return next(url, context) } })`,
)
const kubeconfig = join(folder, 'kubeconfig')
// Nothing listens there: what is loaded is what a first request needs.
writeFileSync(kubeconfig, kubeconfigOf('http://127.0.0.1:1'))

function loaded(...args: readonly string[]): readonly string[] {
  const env = { ...process.env, KUBECONFIG: kubeconfig }
  const { stderr } = spawnSync(process.execPath, ['--import', hook, 'src/main.ts', ...args], { env, encoding: 'utf8', timeout: 20_000 })
  return [...stderr.matchAll(/^loaded (\S+)$/gm)].map(([, url]) => url!)
}

t.test('what a command loads', (t) => {
  const version = loaded('version')
  t.ok(version.some((url) => url.endsWith('/src/cli/version.ts')))
  t.notOk(
    version.some((url) => /\/src\/(kube|edge|sandbox|controller|demo)\//.test(url)),
    'version needs no cluster',
  )
  for (const args of [
    ['get', 'rollout', 'shop'],
    ['promote', 'shop'],
    ['list', 'rollouts'],
  ]) {
    const found = loaded(...args)
    t.ok(
      found.some((url) => url.endsWith('/src/kube/lightTransport.ts')),
      args.join(' '),
    )
    const slow = found.filter((url) =>
      /node_modules\/(undici|@kubernetes|pino|re2js)\/|^node:https?$|\/src\/(edge|sandbox|controller|demo)\//.test(url),
    )
    t.same(slow, [], 'neither what takes long, nor other verbs’ parts')
  }
  t.end()
})
