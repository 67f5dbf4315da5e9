import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/**
 * For the `skip` option of a test that needs programs from outside: false where all are there, else the reason.
 * `t.test('metrics satisfy promtool', { skip: lacks('promtool') }, …)`
 */
export function lacks(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => whereIs(program) === undefined)
  return missing.length > 0 && `${missing.join(', ')} not installed`
}

/** The path of a program on PATH or where Debian keeps servers; undefined where it is not installed. */
export function whereIs(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}
