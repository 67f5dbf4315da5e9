import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'

const module = JSON.stringify(join(import.meta.dirname, '../../src/lib/stopSignal.ts'))
/** Says `up`, then `stopping` when told to stop, and then hangs as something stuck would. */
const stuck = `import { stopSignal } from ${module}
const alive = setInterval(() => {}, 60_000)
const signal = stopSignal(['SIGINT', 'SIGTERM'])
signal.addEventListener('abort', () => console.log('stopping'))
console.log('up')`

for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  t.test(`a second ${name} ends a stuck process with ${code}; its echo does not`, async (t) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', stuck], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 20_000 })
    const exit = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill(name)
    child.kill(name)
    await once(child.stdout, 'data')
    t.equal(child.exitCode, null, 'still there after the first and its echo')
    // The echo's window is by the clock: press again until it has passed.
    const pressing = setInterval(() => child.kill(name), 50)
    t.same(await exit, [code, null])
    clearInterval(pressing)
  })
}
