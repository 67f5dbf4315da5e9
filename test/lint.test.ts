import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'

const bin = join(import.meta.dirname, '../node_modules/.bin')
const rows = [
  ['lint and format', join(bin, 'biome'), ['check', '.']],
  ['types', join(bin, 'tsc'), ['--noEmit']],
  ['generated files are up to date', process.execPath, ['scripts/generate.ts', '--check']],
] as const

for (const [name, command, args] of rows) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 })
  t.equal(status, 0, name, { output: error?.message ?? stdout + stderr })
}
