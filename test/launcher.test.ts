import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
t.teardown(() => rmSync(folder, { recursive: true }))

/** A preload that makes this Node claim another version: what the launchers go by. */
function claiming(version: string): readonly string[] {
  const path = join(folder, `node-${version}.cjs`)
  const versions = `Object.assign({}, process.versions, { node: '${version}' })`
  writeFileSync(
    path,
    `Object.defineProperty(process, 'versions', { value: ${versions} }); Object.defineProperty(process, 'version', { value: 'v${version}' })`,
  )
  return ['-r', path]
}

type Result = { readonly code: number | null; readonly output: string }

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

/** A copy of the launcher with a program that is not Spillway, and on request a packaged Node two folders up. */
function installation(name: string, withNode: boolean): string {
  const root = join(folder, name)
  const home = join(root, 'node_modules', 'spillway')
  mkdirSync(join(home, 'bin'), { recursive: true })
  mkdirSync(join(home, 'dist'))
  copyFileSync('bin/spillway.cjs', join(home, 'bin', 'spillway.cjs'))
  writeFileSync(
    join(home, 'dist', 'main.js'),
    `process.on('SIGTERM', () => process.exit(7))
console.log(JSON.stringify({ args: process.argv.slice(2), node: process.versions.node }))
if (process.argv.includes('stay')) setInterval(() => {}, 60_000)`,
  )
  writeFileSync(join(home, 'package.json'), '{"type": "module"}')
  if (withNode) {
    const bin = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin')
    mkdirSync(bin, { recursive: true })
    symlinkSync(process.execPath, join(bin, 'node'))
  }
  return join(home, 'bin', 'spillway.cjs')
}

const alone = installation('alone', false)
const beside = installation('beside', true)

t.test('a Node that is too old gets one line', async (t) => {
  for (const [version, script, line] of [
    ['20.20.2', alone, /^spillway needs Node\.js 24 or newer; this is v20\.20\.2 \(.*node\)\n$/],
    ['12.22.0', alone, /^spillway needs Node\.js 24 or newer; this is v12\.22\.0 \(.*node\)\n$/],
    ['12.22.0', 'scripts/run.cjs', /^spillway: needs Node\.js 18 or newer to set itself up; this is v12\.22\.0 \(.*node\)\. Install Node\.js 24\n$/],
  ] as const) {
    t.match(await run([...claiming(version), script]), { code: 1, output: line }, `${script} on ${version}`)
  }
})

t.test('a fitting Node runs the program itself', async (t) => {
  t.same(await run([alone, 'a', '--b']), { code: 0, output: `${JSON.stringify({ args: ['a', '--b'], node: process.versions.node })}\n` })
})

t.test('an old Node starts a packaged one that it finds further up', async (t) => {
  t.same(await run([...claiming('20.20.2'), beside, 'a', '--b']), {
    code: 0,
    output: `${JSON.stringify({ args: ['a', '--b'], node: process.versions.node })}\n`,
  })
})

t.test('a packaged Node that is too old itself starts no loop', async (t) => {
  t.match(await run([...claiming('20.20.2'), beside], { SPILLWAY_LAUNCHED_BY: '/usr/bin/node' }), { code: 1, output: /needs Node\.js 24/ })
})

t.test('SIGTERM reaches the program, and its exit code comes back', async (t) => {
  const child = spawn(process.execPath, [...claiming('20.20.2'), beside, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 20_000 })
  await once(child.stdout, 'data')
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  t.same(await exit, [7, null])
})
