// Emits the package's `dist` from `src`. Usage: npm run build
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'

rmSync('dist', { recursive: true, force: true })
const { status, error } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' })
if (error) console.error(`cannot run tsc: ${error.message}; start this through npm, which puts it on the PATH`)
process.exitCode = status ?? 1
