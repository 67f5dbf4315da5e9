// Mixed traffic and seeded faults against an edge of its own process, for as long as wanted; every failure is judged. Usage: see below.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeMachine } from '../report/machine.ts'
import { parseSoakOptions, soakUsage } from './options.ts'
import { figuresOf, isWell, soakMarkdown, soakReport } from './report.ts'
import { soak } from './soak.ts'

const repository = join(import.meta.dirname, '..', '..')
process.exitCode = await main()

/** Exit code: 0 nothing unexplained, 1 something, 2 not understood. */
async function main(): Promise<number> {
  let options: ReturnType<typeof parseSoakOptions>
  try {
    options = parseSoakOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${soakUsage}`)
    return 2
  }
  if (options.kind === 'help') {
    process.stdout.write(soakUsage)
    return 0
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)))
  const { seconds, seed, isFromSource, json, reportFile } = options
  if (!isFromSource) execFileSync(process.execPath, [join(repository, 'scripts', 'build.ts')], { cwd: repository, stdio: 'inherit', timeout: 60_000 })
  process.stderr.write(`${seconds} s with seed ${seed}\n`)
  const program = isFromSource ? {} : { program: join(repository, 'dist', 'main.js') }
  const findings = await soak({ seconds, seed, ...program, signal: stop.signal, say: (line) => void process.stderr.write(`${line}\n`) })
  process.stdout.write(json ? `${JSON.stringify(figuresOf(findings), null, 2)}\n` : soakReport(findings))
  if (reportFile !== undefined) {
    mkdirSync(dirname(reportFile), { recursive: true })
    const conditions = {
      machine: describeMachine(0),
      date: new Date().toISOString().slice(0, 10),
      command: `node bench/soak/main.ts ${process.argv.slice(2).join(' ')}`,
    }
    writeFileSync(reportFile, soakMarkdown(findings, conditions))
  }
  return isWell(findings) ? 0 : 1
}
