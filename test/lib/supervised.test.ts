import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startSupervised } from '../../src/lib/supervised.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const module = JSON.stringify(join(import.meta.dirname, '../../src/lib/supervised.ts'))

function script(name: string, body: string): string {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, body)
  return path
}

/** Ready at once; ends only when told so by a signal or by its parent's absence. */
const service = script(
  'service',
  `import { supervisor } from ${module}
const parent = supervisor(2_000)
const alive = setInterval(() => {}, 60_000)
const end = () => clearInterval(alive)
process.once('SIGTERM', end)
parent.gone.addEventListener('abort', end)
parent.tellReady({ pid: process.pid })`,
)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Until the process is gone; false after 10 s. */
async function gone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 500; tries++) {
    if (!isAlive(pid)) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return false
}

const times = { readyMs: 10_000, stopMs: 5_000 }

t.test('ready, and stopped by the signal', async (t) => {
  const controller = new AbortController()
  const { ready, stopped } = await startSupervised<{ pid: number }>({ args: [service], signal: controller.signal, ...times })
  t.ok(isAlive(ready.pid), 'runs')
  controller.abort()
  await stopped
  t.ok(await gone(ready.pid), 'is gone')
})

t.test('a child that ends too early hands over its last words', async (t) => {
  const { signal } = new AbortController()
  const args = [script('broken', `console.error('port 8080 is taken'); process.exitCode = 1`)]
  await t.rejects(startSupervised({ args, signal, ...times }), { message: 'port 8080 is taken' })
  await t.rejects(startSupervised({ args: [script('mute', 'process.exitCode = 3')], signal, ...times }), { message: /exit code 3/ })
})

t.test('a child that never gets ready is killed', async (t) => {
  const deaf = script('deaf', `process.on('SIGTERM', () => {}); setInterval(() => {}, 60_000)`)
  const { signal } = new AbortController()
  await t.rejects(startSupervised({ args: [deaf], signal, readyMs: 500, stopMs: 200 }), { message: /not ready within 0.5 s/ })
})

t.test('a child notices that its parent was killed', async (t) => {
  const parentScript = script(
    'parent',
    `import { startSupervised } from ${module}
const { signal } = new AbortController()
const { ready } = await startSupervised({ args: [${JSON.stringify(service)}], signal, readyMs: 10_000, stopMs: 5_000 })
console.log(ready.pid)
setInterval(() => {}, 60_000)`,
  )
  const parent: ChildProcess = spawn(process.execPath, [parentScript], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await once(parent.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  parent.kill('SIGKILL')
  t.ok(await gone(Number(pid)), 'ended by itself')
})
