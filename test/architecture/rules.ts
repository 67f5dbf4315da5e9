/** The import rules between the folders of `src`, as a pure check over file contents. */

export type SourceFile = { readonly path: string; readonly text: string }
/** `dependencies`: names in package.json's `dependencies`. */
export type Project = { readonly files: readonly SourceFile[]; readonly dependencies: readonly string[] }

type Rule = {
  /** Folders of `src` (as path prefixes) that may be imported besides the own one. */
  readonly folders: readonly string[]
  /** Whether `node:` modules and packages may be imported. */
  readonly outside: boolean
}

/** The first prefix that fits a file is its rule; a file that none fits is in no known folder. */
const rules: readonly (readonly [prefix: string, rule: Rule])[] = [
  ['src/api/', { folders: [], outside: false }],
  ['src/lib/', { folders: [], outside: true }],
  ['src/core/', { folders: ['src/api/'], outside: false }],
  ['src/kube/', { folders: ['src/api/', 'src/lib/'], outside: true }],
  ['src/providers/', { folders: ['src/api/', 'src/core/', 'src/kube/', 'src/lib/'], outside: true }],
  ['src/controller/', { folders: ['src/api/', 'src/core/', 'src/kube/', 'src/lib/', 'src/providers/'], outside: true }],
  ['src/cli/', { folders: ['src/api/', 'src/core/', 'src/kube/', 'src/lib/', 'src/providers/'], outside: true }],
  ['src/dashboard/', { folders: ['src/api/', 'src/core/', 'src/kube/', 'src/lib/', 'src/providers/'], outside: true }],
  ['src/edge/source/', { folders: ['src/api/', 'src/core/routing/', 'src/edge/', 'src/kube/', 'src/lib/'], outside: true }],
  ['src/edge/', { folders: ['src/core/routing/', 'src/lib/'], outside: true }],
  ['src/sandbox/', { folders: ['src/api/', 'src/kube/client', 'src/lib/'], outside: true }],
  ['src/demo/', { folders: ['src/api/', 'src/kube/client', 'src/lib/'], outside: true }],
  ['src/config/', { folders: [], outside: false }],
  ['src/config.ts', { folders: ['src/config/'], outside: false }],
  ['src/main/', { folders: ['src/'], outside: true }],
  ['src/main.ts', { folders: ['src/'], outside: true }],
]

/** Programs of their own: the composition root, and the app that the demo releases, told by HOST and PORT as any container is. */
const entries = ['src/main.ts', 'src/demo/app.ts']
const maxLines = 320
const emptyNames = /(^|\/)(utils?|helpers?|misc|common)(\.|\/)/

/** What a file imports, types and dynamic imports with a literal included, in order. */
export function importsOf(text: string): readonly string[] {
  const code = withoutComments(text)
  const found = [
    ...code.matchAll(/(?:^|[\n;}])\s*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*(['"])([^'"\n]+)\1/g),
    ...code.matchAll(/\bimport\s*\(\s*(['"`])([^'"`\n]+)\1/g),
  ]
  return found.sort((a, b) => a.index - b.index).map((match) => match[2] ?? '')
}

/** Blanks comments, and leaves strings and regular expressions as they are, so that a `//` in a URL starts none. */
function withoutComments(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\//g
  return text.replace(token, (piece) => (piece.startsWith('//') || piece.startsWith('/*') ? ' ' : piece))
}

function resolve(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** Every breach, one line each, as `path: what is wrong`. Empty: all is well. */
export function breaches({ files, dependencies }: Project): readonly string[] {
  const known = new Set(files.map((file) => file.path))
  return [...files.flatMap((file) => breachesOf(file, known, dependencies)), ...cycles(files)]
}

function breachesOf({ path, text }: SourceFile, known: ReadonlySet<string>, dependencies: readonly string[]): readonly string[] {
  const found: string[] = []
  const complain = (what: string): void => {
    found.push(`${path}: ${what}`)
  }
  const match = rules.find(([prefix]) => path.startsWith(prefix))
  if (match === undefined) complain('lies in no folder of the layout')
  else
    for (const specifier of importsOf(text)) {
      const wrong = wrongImport(path, specifier, match, { known, dependencies })
      if (wrong !== undefined) complain(wrong)
    }
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  // Data has as many lines as it has entries.
  if (lines > maxLines && !path.endsWith('.json')) complain(`has ${lines} lines, more than ${maxLines}`)
  if (emptyNames.test(path)) complain('has a name that says nothing')
  if (isBarrel(text)) complain('only re-exports; import from the files themselves')
  if (!entries.includes(path) && readsEnvironment(text)) complain(`reads the environment; only ${entries.join(' and ')} do`)
  return found
}

type World = { readonly known: ReadonlySet<string>; readonly dependencies: readonly string[] }

function wrongImport(path: string, specifier: string, [prefix, rule]: readonly [string, Rule], world: World): string | undefined {
  if (!specifier.startsWith('.')) return wrongPackage(specifier, rule, world.dependencies)
  const target = resolve(path, specifier)
  if (target === 'src/main.ts') return 'imports src/main.ts, which nobody may'
  if (!target.startsWith('src/')) return rule.folders.includes('src/') ? undefined : `imports ${specifier}, outside of src`
  if (!world.known.has(target)) return `imports ${specifier}, which does not exist`
  if (target.startsWith(prefix) || rule.folders.some((folder) => target.startsWith(folder))) return undefined
  return `imports ${target}, which ${prefix} may not`
}

function wrongPackage(specifier: string, rule: Rule, dependencies: readonly string[]): string | undefined {
  if (!rule.outside) return `imports ${specifier}, where no node: module and no package is allowed`
  if (specifier.startsWith('node:')) return undefined
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  return dependencies.includes(name) ? undefined : `imports ${name}, which package.json does not list in dependencies`
}

function readsEnvironment(text: string): boolean {
  const code = withoutComments(text)
  return /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[\s*['"`]env/.test(code) || /\benv\b[^;\n]*\bfrom\s*['"]node:process['"]/.test(code)
}

function isBarrel(text: string): boolean {
  const code = withoutComments(text).trim()
  const reExport = /export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s*(['"])[^'"]+\1;?/g
  return code !== '' && code.replace(reExport, '').trim() === ''
}

function cycles(files: readonly SourceFile[]): readonly string[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter((to) => to.startsWith('.'))
        .map((to) => resolve(path, to)),
    ]),
  )
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) found.push(`${path}: import cycle ${[...trail.slice(start), path].join(' → ')}`)
    if (start >= 0 || done.has(path)) return
    for (const to of edges.get(path) ?? []) visit(to, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}
