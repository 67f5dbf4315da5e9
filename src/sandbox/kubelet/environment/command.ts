import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import type { Container } from '../../../api/container.ts'
import { expand } from './expand.ts'
import type { Variables } from './variables.ts'

/** What is run for a container: its command in place of the image's program, or its arguments after that. */
export function commandOf(
  { command, args }: Pick<Container, 'command' | 'args'>,
  imageArgv: readonly string[],
  { variables, place }: { readonly variables: Variables; readonly place: (text: string) => string },
): readonly string[] {
  const written = (texts: readonly string[] = []): readonly string[] => texts.map((text) => place(expand(text, variables)))
  return command !== undefined && command.length > 0 ? [...written(command), ...written(args)] : [...imageArgv, ...written(args)]
}

/** The file to run, or why there is none, as a container runtime words it. */
export function findExecutable(
  name: string,
  { path = '', directory }: { readonly path: string | undefined; readonly directory: string },
): { readonly file: string } | { readonly error: string } {
  const refuse = (because: string): { readonly error: string } => ({ error: `exec: ${JSON.stringify(name)}: ${because}` })
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : resolve(directory, name)
    const problem = problemWith(file)
    return problem === undefined ? { file } : { error: `exec: ${JSON.stringify(name)}: stat ${name}: ${problem}` }
  }
  for (const folder of path.split(delimiter)) {
    const file = join(folder === '' ? '.' : folder, name)
    if (problemWith(file) === undefined) return { file }
  }
  return refuse('executable file not found in $PATH')
}

function problemWith(file: string): string | undefined {
  try {
    if (!statSync(file).isFile()) return 'is a directory'
    accessSync(file, constants.X_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file or directory'
    if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
    throw error
  }
}
