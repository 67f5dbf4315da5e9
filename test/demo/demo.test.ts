// The demo as a user runs it, without a terminal: a cluster, a controller, edges, and a release under load.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import t, { type Test } from 'tap'

t.setTimeout(180_000)
const lateMs = 90_000

type Playing = { readonly child: ChildProcess; readonly output: () => string; shown(pattern: RegExp): Promise<void> }

function play(t: Test, ...flags: readonly string[]): Playing {
  const child = spawn(process.execPath, ['src/main.ts', 'demo', '--plain', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  return {
    child,
    output: () => text,
    async shown(pattern) {
      const signal = AbortSignal.timeout(lateMs)
      while (!pattern.test(text)) {
        if (child.exitCode !== null) throw new Error(`the demo ended early:\n${text}`)
        await once(child.stdout, 'data', { signal }).catch((cause: unknown) => {
          throw new Error(`no ${pattern} in:\n${text}`, { cause })
        })
      }
    },
  }
}

async function end({ child }: Playing): Promise<unknown> {
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(30_000) })
  child.kill('SIGINT')
  const [code] = await exit
  return code
}

t.test('a version is released by itself, kubectl and the command line see it, and nothing is left behind', async (t) => {
  const demo = play(t)
  await demo.shown(/Healthy \| v1 stable 100\.0 %/)
  await demo.shown(/v2 canary [45]\.\d % \(wanted 5\.0 %\)/)
  const kubeconfig = /KUBECONFIG=(\S+)/.exec(demo.output())![1]!
  const seen = spawn(process.execPath, ['src/main.ts', 'get', 'rollout', 'shop', '--kubeconfig', kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let tree = ''
  seen.stdout.setEncoding('utf8').on('data', (text: string) => (tree += text))
  await once(seen, 'close')
  t.match(tree, /revision:2[\s\S]*canary[\s\S]*revision:1[\s\S]*stable/)
  await demo.shown(/a pause without end waits for somebody: promoted/)
  await demo.shown(/v2 canary (19|20|21)\.\d % \(wanted 20\.0 %\)/)
  t.equal(await end(demo), 0)
  t.match(demo.output(), /requests sent, 0 failed\nanswered by v1 .* %.*, v2 .* %/)
  t.notOk(existsSync(dirname(kubeconfig)), 'its folder is gone')
})

t.test('a bad version is told, and taken back by whoever plays', async (t) => {
  const demo = play(t, '--bad')
  await demo.shown(/v3 is released; it fails 3 times in 10/)
  await demo.shown(/v3 canary [45]\.\d % .* ok [5-9]\d\.\d %/)
  const kubeconfig = /KUBECONFIG=(\S+)/.exec(demo.output())![1]!
  const abort = spawn(process.execPath, ['src/main.ts', 'abort', 'shop', '--kubeconfig', kubeconfig], { stdio: 'ignore' })
  t.same(await once(abort, 'exit'), [0, null])
  await demo.shown(/Degraded: RolloutAborted.* v1 stable 100\.0 %/)
  t.equal(await end(demo), 0)
})
