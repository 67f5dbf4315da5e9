/** The composition root: reads the environment, and starts the verb that was asked for, which `main/` puts together from the folders. */
import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { basename } from 'node:path'
import { runProgram } from './cli/program.ts'
import { outliveReaders } from './lib/brokenPipe.ts'
import { explain } from './lib/explain.ts'
import type { Started } from './main/started.ts'

// Saves a short command half its time; a server would only keep it in memory.
if (!['edge', 'controller'].includes(process.argv[2] ?? '')) enableCompileCache()
outliveReaders(process)
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const name = basename(process.argv[1] ?? '').startsWith('kubectl-spillway') ? 'kubectl spillway' : 'spillway'
const started: Started = { env: process.env, version, program: import.meta.filename }
try {
  process.exitCode = await runProgram(process.argv.slice(2), {
    name,
    version,
    verbs: {
      edge: async (flags) => (await import('./main/edge.ts')).edge(flags, started),
      controller: async (flags) => (await import('./main/controller.ts')).controller(flags, started),
      bench: async (flags) => (await import('./main/bench.ts')).bench(flags, started),
      demo: async (flags) => (await import('./main/demo.ts')).demo(flags, started),
      sandbox: async (flags) => (await import('./main/sandbox.ts')).sandbox(flags, started),
    },
  })
} catch (error) {
  console.error(`spillway: ${explain(error)}`)
  process.exitCode = 1
}
