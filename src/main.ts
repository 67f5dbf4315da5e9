/** The composition root: reads the environment, and starts the verb that was asked for, which `main/` puts together from the folders. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { invocation } from './cli/invocation.ts'
import { runProgram } from './cli/program.ts'
import { outliveReaders } from './lib/brokenPipe.ts'
import { explain } from './lib/explain.ts'
import type { Started } from './main/started.ts'

// Saves a short command half its time; a server would only keep it in memory.
if (!['edge', 'controller'].includes(process.argv[2] ?? '')) enableCompileCache()
outliveReaders(process)
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const { program: name, args } = invocation(process.argv[1] ?? '', process.argv.slice(2))
const started: Started = { env: process.env, version, program: import.meta.filename }
try {
  process.exitCode = await runProgram(args, {
    name,
    version,
    surroundings: { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, env: process.env, now: Date.now },
    runs: {
      edge: async (flags) => (await import('./main/edge.ts')).edge(flags, started),
      controller: async (flags) => (await import('./main/controller.ts')).controller(flags, started),
      bench: async (flags) => (await import('./main/bench.ts')).bench(flags, started),
      demo: async (flags) => (await import('./main/demo.ts')).demo(flags, started),
      sandbox: async (flags) => (await import('./main/sandbox.ts')).sandbox(flags, started),
    },
  })
} catch (error) {
  console.error(`${name}: ${explain(error)}`)
  process.exitCode = 1
}
