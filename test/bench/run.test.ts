import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { versions } from '../../bench/contenders/programs.ts'
import { readGone } from '../../bench/measure/processes.ts'
import { until } from '../../bench/measure/waiting.ts'

const main = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')
const missing = Object.entries(versions).filter(([name, version]) => name !== 'haproxy' && !version())
const skip = missing.length > 0 && `not installed here: ${missing.map(([name]) => name).join(', ')}`
const small = ['--scenarios', 'keepalive-get', '--contenders', 'node-http-undici', '--seconds', '1', '--repeat', '1']

/** The bench with a folder of its own for temporary files, so that what it leaves there can be seen. */
function startBench(args: readonly string[], directory: string) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, TMPDIR: directory }, stdio: ['ignore', 'pipe', 'pipe'] })
  const written = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { child, written, ended }
}

/** Command lines of running processes that name the folder: every process of a bench has it, or a file in it, among its arguments or as its own. */
function processesOf(directory: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => readGone(`/proc/${pid}/cmdline`))
    .filter((command) => command.includes(directory))
}

t.test('a small run measures, writes rows in the published shape, and cleans up', { skip, timeout: 60_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const json = join(directory, 'rows.json')
  const { written, ended } = startBench([...small, '--json', json, '--report', join(directory, 'report.md')], directory)
  t.equal(await ended, 0, 'exit code')
  const rows = JSON.parse(readFileSync(json, 'utf8')) as Record<string, unknown>[]
  t.match(rows, [{ contender: 'node-http-undici', scenario: 'keepalive-get', errors: 0 }], written.stderr)
  for (const key of ['requestsPerSecond', 'cpuMicrosPerRequest', 'p50Ms', 'p99Ms', 'rssMb']) t.ok(Number(rows[0]?.[key]) > 0, key)
  t.match(readFileSync(join(directory, 'report.md'), 'utf8'), '| node-http-undici |')
  t.match(written.stdout, 'node-http-undici')
  t.strictSame(readdirSync(directory).sort(), ['report.md', 'rows.json'], 'no temporary file stays')
})

t.test('an interrupted run leaves no process and no file', { skip, timeout: 60_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-test-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const { child, written, ended } = startBench(small, directory)
  const patience = { deadlineMs: 30_000, signal: new AbortController().signal }
  await until('a load run', () => processesOf(directory).some((command) => command.startsWith('wrk')), patience)
  child.kill('SIGINT')
  t.equal(await ended, 1, 'exit code')
  t.match(written.stderr, 'interrupted')
  t.strictSame(processesOf(directory), [])
  t.strictSame(readdirSync(directory), [])
})

t.test('what cannot be meant is refused with the usage', async (t) => {
  const { written, ended } = startBench(['--contenders', 'apache'], tmpdir())
  t.equal(await ended, 2)
  t.match(written.stderr, /unknown name "apache"[\s\S]*usage:/)
})
