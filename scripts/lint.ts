// Lints, checks the format and the types. Usage: npm run lint, or npm run format (`--write`: mends what can be mended)
import { spawnSync } from 'node:child_process'

const write = process.argv.includes('--write')
const checks = [
  ['biome', 'check', ...(write ? ['--write'] : []), '.'],
  ['tsc', '--noEmit'],
] as const

let failed = false
for (const [command, ...args] of checks) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) console.error(`cannot run ${command}: ${error.message}; start this through npm, which puts it on the PATH`)
  failed ||= status !== 0
}
process.exitCode = failed ? 1 : 0
