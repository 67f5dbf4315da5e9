import { dirname, extname, join } from 'node:path'

type BuiltinImage = { readonly pattern: string; readonly argv: readonly string[]; readonly variables?: Readonly<Record<string, string>> }

/** Which programs stand for our own images in a sandbox; `program` is the file that runs. */
export function builtinImages(program: string): readonly BuiltinImage[] {
  // In dist, all programs lie side by side.
  const app = join(dirname(program), extname(program) === '.ts' ? 'demo/app.ts' : 'app.js')
  return [
    { pattern: 'spillway/demo:*', argv: [process.execPath, app], variables: { VERSION: '$(IMAGE_TAG)' } },
    { pattern: 'spillway/spillway:*', argv: [process.execPath, program] },
  ]
}
