// Runs test files, each as a process of its own, and sums their TAP. Usage: npm test [-- files…]
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Parser } from 'tap-parser'

const fileTimeoutMs = 10 * 60_000
const named = process.argv.slice(2)
const files = named.length > 0 ? named : globSync('test/**/*.test.ts').sort()
const total = { pass: 0, fail: 0, skip: 0 }

function run(file: string): Promise<void> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const child = spawn(process.execPath, [file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TAP: '1' },
      timeout: fileTimeoutMs,
      killSignal: 'SIGKILL',
    })
    const parser = new Parser()
    let points = 0
    let bad = 0
    let exit: number | string | null = null
    parser.on('pass', () => {
      points++
      total.pass++
    })
    parser.on('fail', (result) => {
      points++
      bad++
      total.fail++
      console.log(`not ok ${file} > ${result.fullname}`, result.diag ?? '')
    })
    for (const kind of ['skip', 'todo'] as const) {
      parser.on(kind, (result) => {
        points++
        total.skip++
        console.log(`skipped ${file} > ${result.fullname}: ${result.skip || result.todo || 'no reason given'}`)
      })
    }
    parser.on('comment', (comment: string) => {
      if (/seed/i.test(comment)) console.log(`${file}: ${comment.trim()}`)
    })
    child.stdout.pipe(parser)
    child.on('exit', (code, signal) => {
      exit = code ?? signal
    })
    parser.on('complete', (results) => {
      const settle = (): void => {
        if ((exit !== 0 || !results.ok || points === 0) && bad === 0) {
          total.fail++
          console.log(`not ok ${file} (exit ${exit}, ${points} results)`)
        }
        console.log(`${file}: ${points - bad} of ${points} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
        resolve()
      }
      if (exit !== null) settle()
      else child.once('close', settle)
    })
  })
}

const queue = [...files]
async function drainQueue(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await run(file)
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, drainQueue))
console.log(`${total.pass} passed, ${total.fail} failed, ${total.skip} skipped`)
process.exitCode = total.fail > 0 || files.length === 0 ? 1 : 0
