// Promise L5, and completion as shells see it: with processes of their own.
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { openScene, type Scene } from './scene.ts'

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }
type Started = { readonly said: () => string; kill(signal: NodeJS.Signals): void; readonly ended: Promise<Ended> }

function start(scene: Scene, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(command, args, {
    env: { ...process.env, KUBECONFIG: scene.kubeconfig, ...env },
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...said })))
  return { said: () => said.stdout, kill: (signal) => void child.kill(signal), ended }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`not within 10 s: ${what}`)
}

function putRollout({ put }: Scene, name: string): void {
  const template = {
    metadata: { labels: { app: name } },
    spec: {
      containers: [
        { name: 'app', image: 'shop:v1' },
        { name: 'log', image: 'log:v1' },
      ],
    },
  }
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template, strategy: { canary: {} } }
  put('rollouts.argoproj.io', { metadata: { name, namespace: 'default' }, spec } as KubeObject)
}

t.test('a watch ends as it is told to, and follows what it shows', async (t) => {
  const scene = await openScene(t)
  putRollout(scene, 'shop')
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const watch = start(scene, process.execPath, ['src/main.ts', 'get', 'ro', 'shop', '-w'])
    await until('it shows the rollout', () => watch.said().includes('⟳ shop'))
    if (signal === 'SIGINT') {
      const known = scene.find('rollouts.argoproj.io', 'shop')
      scene.server.cluster.update('rollouts.argoproj.io', { ...known, status: { phase: 'Degraded', message: 'by hand' } } as KubeObject, 'status')
      await until('it shows the change', () => watch.said().includes('Message:         by hand'))
      t.notMatch(watch.said(), /\u001b/, 'lines, where there is no terminal')
    }
    watch.kill(signal)
    t.match(await watch.ended, { code, stderr: '' })
  }
  const timed = await start(scene, process.execPath, ['src/main.ts', 'get', 'ro', 'shop', '-w', '--timeout-seconds=1']).ended
  t.match(timed, { code: 0, stdout: /⟳ shop/, stderr: '' })
  const gone = start(scene, process.execPath, ['src/main.ts', 'get', 'ro', 'shop', '-w'])
  await until('it shows the rollout', () => gone.said().includes('⟳ shop'))
  scene.server.cluster.delete('rollouts.argoproj.io', { namespace: 'default', name: 'shop' })
  t.match(await gone.ended, { code: 1, stderr: /rollout "shop" was deleted/ })
})

t.test('a list that nobody reads to its end', async (t) => {
  const scene = await openScene(t)
  for (let i = 0; i < 400; i++) putRollout(scene, `shop-${i}`)
  const piped = start(scene, 'bash', ['-c', `set -o pipefail; "${process.execPath}" src/main.ts list ro -o yaml | head -n1`])
  t.match(await piped.ended, { code: 0, stdout: 'apiVersion: v1\n', stderr: '' })
  const following = start(scene, process.execPath, ['src/main.ts', 'list', 'ro', '-w'])
  await until('it lists them', () => following.said().split('\n').length > 400)
  following.kill('SIGINT')
  t.match(await following.ended, { code: 130, stderr: '' })
})

t.test('bash completes verbs, flags, and names in the cluster', async (t) => {
  const scene = await openScene(t)
  for (const name of ['shop', 'shop-two', 'cart']) putRollout(scene, name)
  const bin = join(dirname(scene.kubeconfig), 'bin')
  mkdirSync(bin)
  for (const name of ['spillway', 'kubectl_complete-argo-rollouts']) symlinkSync(join(process.cwd(), 'bin', 'spillway.cjs'), join(bin, name))
  const env = { PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter) }
  const rows: readonly (readonly [line: string, replies: readonly string[]])[] = [
    ['spillway pro', ['promote']],
    ['spillway get ', ['rollout', 'experiment']],
    ['spillway promote ', ['cart', 'shop', 'shop-two']],
    ['spillway promote sh', ['shop', 'shop-two']],
    ['spillway abort shop ', ['cart', 'shop-two']],
    ['spillway -n default get rollout ca', ['cart']],
    ['spillway get ro -n kube-system ', []],
    ['spillway promote --fu', ['--full']],
    ['spillway promote shop --dry-run=', ['none', 'client', 'server']],
    ['spillway promote shop --dry-run s', ['server']],
    ['spillway get ro shop -o js', ['json', 'jsonpath=']],
    ['spillway get ro shop -n kube-', ['kube-node-lease', 'kube-public', 'kube-system']],
    ['spillway get ro shop --context ', ['here']],
    ['spillway set image shop ', ['app=', 'log=']],
    ['spillway completion ', ['bash', 'zsh', 'fish']],
  ]
  const script = rows.map(
    ([line]) => `COMP_LINE=${JSON.stringify(line)} COMP_POINT=${line.length}; _spillway_complete 2>/dev/null; (IFS=,; echo "\${COMPREPLY[*]}")`,
  )
  const all = await start(scene, 'bash', ['-c', `source <(spillway completion bash) || exit 9\n${script.join('\n')}`], env).ended
  t.match(all, { code: 0, stderr: '' })
  const said = all.stdout.trimEnd().split('\n')
  for (const [index, [line, replies]] of rows.entries()) t.equal(said[index], replies.join(','), `${JSON.stringify(line)}`)
  for (const shell of ['zsh', 'fish']) t.match(await scene.run(['completion', shell]), { code: 0, stdout: /__complete/ })
  const kubectl = await start(scene, 'kubectl_complete-argo-rollouts', ['promote', 'sh'], env).ended
  t.match(kubectl, { code: 0, stdout: 'shop\nshop-two\n:4\n', stderr: '' })
  t.match(await scene.run(['completion', 'bash'], { name: 'kubectl argo rollouts' }), { code: 2, stderr: /kubectl_complete-argo-rollouts/ })
  t.match(await scene.run(['__complete', 'promote', ''], { env: { KUBECONFIG: '/nowhere' } }), { code: 0, stdout: ':4\n', stderr: '' })
})
