// Runs test files, each as a process of its own, and sums their TAP. Usage: npm test [-- files…]
import { type ChildProcess, spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Parser } from 'tap-parser'

const fileTimeoutMs = 10 * 60_000
const named = process.argv.slice(2)
const files = named.length > 0 ? named : globSync('test/**/*.test.ts').sort()
const total = { pass: 0, fail: 0, skip: 0 }
const skipped: string[] = []
const failed: string[] = []
const running = new Set<ChildProcess>()

function run(file: string): Promise<void> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    // A group of its own, so that whatever it leaves behind can be ended with it.
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TAP: '1' }, detached: true })
    running.add(child)
    const late = setTimeout(() => endGroup(child), fileTimeoutMs)
    const parser = new Parser()
    let points = 0
    let bad = 0
    const report = (line: string, diagnostics?: unknown): void => {
      bad++
      total.fail++
      failed.push(line)
      if (diagnostics === undefined) console.log(line)
      else console.log(line, diagnostics)
    }
    parser.on('pass', () => {
      points++
      total.pass++
    })
    parser.on('fail', (result) => {
      points++
      report(`not ok ${file} > ${result.fullname}`, result.diag ?? '')
    })
    for (const kind of ['skip', 'todo'] as const) {
      parser.on(kind, (result) => {
        points++
        total.skip++
        skipped.push(`skipped ${file} > ${result.fullname}: ${result.skip || result.todo || 'no reason given'}`)
      })
    }
    const showSeed = (comment: string): void => {
      if (/seed/i.test(comment)) console.log(`${file}: ${comment.trim()}`)
    }
    parser.on('comment', showSeed)
    // A subtest has a parser of its own, and so have its subtests.
    parser.on('child', function listen(subtest: Parser) {
      subtest.on('comment', showSeed)
      subtest.on('child', listen)
    })
    const whole = new Promise<{ readonly ok: boolean }>((done) => {
      parser.once('complete', done)
    })
    child.stdout.pipe(parser)
    child.once('exit', async (code, signal) => {
      clearTimeout(late)
      running.delete(child)
      // Also what holds the pipe open: without this, `whole` would wait for it.
      endGroup(child)
      const { ok } = await whole
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      if ((code !== 0 || !ok || points === 0) && bad === 0) {
        report(`not ok ${file} (${signal === null ? `exit code ${code}` : signal} after ${seconds} s, ${points} results)`)
      }
      console.log(`${file}: ${points - bad} of ${points} in ${seconds} s`)
      resolve()
    })
  })
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of running) endGroup(child)
    process.exit(1)
  })
}

const queue = [...files]
async function drainQueue(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) await run(file)
}
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, drainQueue))
for (const line of [...skipped, ...failed]) console.log(line)
console.log(`${total.pass} passed, ${total.fail} failed${total.skip > 0 ? `, ${total.skip} skipped` : ''}`)
process.exitCode = total.fail > 0 || files.length === 0 ? 1 : 0
