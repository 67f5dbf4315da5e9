import { globSync, readFileSync } from 'node:fs'
import t from 'tap'
import { breaches, importsOf } from './architecture/rules.ts'

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> }

t.test('src keeps the walls', (t) => {
  const paths = globSync('src/**/*.*')
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
  const files = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  for (const breach of breaches({ files, dependencies: Object.keys(manifest.dependencies) })) t.fail(breach)
  t.ok(files.length > 0, `${files.length} files looked at`)
  t.end()
})

/** Files that a target must find beside it. */
const world = {
  'src/api/wire.ts': '',
  'src/core/rollout/plan.ts': '',
  'src/core/routing/types.ts': '',
  'src/edge/forward.ts': '',
  'src/edge/source/source.ts': '',
  'src/kube/client.ts': '',
  'src/kube/reflector.ts': '',
  'src/lib/backoff.ts': '',
  'src/providers/web.ts': '',
  'src/cli/edge.ts': '',
  'src/demo/demo.ts': '',
  'src/config.ts': '',
  'src/config/reader.ts': '',
  'src/main/edge.ts': '',
  'src/main.ts': '',
}
const lines = (count: number): string => 'const a = 1\n'.repeat(count)

/** One file put into that world, and what must be said of it; nothing where `says` is absent. */
const cases: readonly { readonly path: string; readonly text: string; readonly says?: RegExp }[] = [
  { path: 'src/core/routing/pick.ts', text: `import type { Split } from './types.ts'` },
  { path: 'src/core/rollout/parse.ts', text: `import { wire } from '../../api/wire.ts'` },
  { path: 'src/core/rollout/parse.ts', text: `import { plan } from './plan.ts'` },
  { path: 'src/core/rollout/clock.ts', text: `import { hrtime } from 'node:process'`, says: /node:process, where no node: module/ },
  { path: 'src/core/rollout/clock.ts', text: `import type { Pair } from 'yaml'`, says: /yaml, where no node: module/ },
  { path: 'src/core/rollout/clock.ts', text: `const fs = await import('node:fs')`, says: /node:fs, where/ },
  { path: 'src/core/rollout/log.ts', text: `import { x } from '../../lib/backoff.ts'`, says: /src\/lib\/backoff.ts, which src\/core\/ may not/ },
  { path: 'src/api/rollout.ts', text: `import 'node:fs'`, says: /node:fs, where/ },
  { path: 'src/api/rollout.ts', text: `export type { X } from '../core/rollout/plan.ts'\nexport const y = 1`, says: /which src\/api\/ may not/ },
  { path: 'src/lib/log.ts', text: `import pino from 'pino'` },
  { path: 'src/lib/log.ts', text: `import { x } from '../kube/client.ts'`, says: /which src\/lib\/ may not/ },
  { path: 'src/kube/watch.ts', text: `import { x } from '../core/rollout/plan.ts'`, says: /which src\/kube\/ may not/ },
  { path: 'src/edge/pick.ts', text: `import type { Split } from '../core/routing/types.ts'` },
  { path: 'src/edge/pick.ts', text: `import type { Plan } from '../core/rollout/plan.ts'`, says: /which src\/edge\/ may not/ },
  { path: 'src/edge/pick.ts', text: `import type { Source } from './source/source.ts'` },
  { path: 'src/edge/pick.ts', text: `import { x } from '../api/wire.ts'`, says: /which src\/edge\/ may not/ },
  { path: 'src/edge/pick.ts', text: `import { x } from '../kube/client.ts'`, says: /which src\/edge\/ may not/ },
  { path: 'src/edge/source/kube.ts', text: `import { x } from '../../kube/reflector.ts'\nimport '../../api/wire.ts'\nimport '../forward.ts'` },
  { path: 'src/edge/source/kube.ts', text: `import '../../core/rollout/plan.ts'`, says: /which src\/edge\/source\/ may not/ },
  { path: 'src/cli/demo.ts', text: `const { x } = await import('../edge/forward.ts')`, says: /src\/edge\/forward.ts, which src\/cli\/ may not/ },
  { path: 'src/cli/get.ts', text: `import { x } from '../providers/web.ts'` },
  { path: 'src/cli/get.ts', text: `import { x } from '../config.ts'`, says: /which src\/cli\/ may not/ },
  { path: 'src/demo/load.ts', text: `import { x } from '../edge/forward.ts'`, says: /which src\/demo\/ may not/ },
  { path: 'src/demo/load.ts', text: `import { x } from '../providers/web.ts'`, says: /which src\/demo\/ may not/ },
  { path: 'src/sandbox/pods.ts', text: `import { x } from '../kube/client.ts'` },
  { path: 'src/sandbox/pods.ts', text: `import { x } from '../kube/reflector.ts'`, says: /which src\/sandbox\/ may not/ },
  { path: 'src/lib/start.ts', text: `import '../main.ts'`, says: /imports src\/main.ts, which nobody may/ },
  { path: 'src/lib/start.ts', text: `import './gone.ts'`, says: /does not exist/ },
  { path: 'src/lib/start.ts', text: `import '../../scripts/test.ts'`, says: /outside of src/ },
  { path: 'src/lib/log.ts', text: `import { h } from 'tap'`, says: /tap, which package.json does not list/ },
  { path: 'src/lib/log.ts', text: `import { r } from '@scope/name/deep'`, says: /@scope\/name, which package.json/ },
  { path: 'src/lib/log.ts', text: `// import 'left-pad'\n/* import 'left-pad' */ const url = 'http://x' // from 'left-pad'` },
  { path: 'src/lib/log.ts', text: `import {\n  a,\n  type B,\n} from 'left-pad'`, says: /left-pad/ },
  { path: 'src/lib/log.ts', text: `const { level } = process.env`, says: /reads the environment/ },
  { path: 'src/lib/log.ts', text: `import { env } from 'node:process'`, says: /reads the environment/ },
  { path: 'src/lib/log.ts', text: `// process.env is read in main.ts only` },
  { path: 'src/main.ts', text: `import './cli/edge.ts'\nimport { x } from './edge/forward.ts'\nexport const env = process.env` },
  { path: 'src/main.ts', text: `const { edge } = await import('./main/edge.ts')` },
  { path: 'src/main/edge.ts', text: `import '../cli/edge.ts'\nimport { x } from '../edge/forward.ts'` },
  { path: 'src/main/edge.ts', text: `import '../main.ts'`, says: /imports src\/main.ts, which nobody may/ },
  { path: 'src/main/edge.ts', text: `export const env = process.env`, says: /reads the environment/ },
  { path: 'src/cli/edge.ts', text: `import '../main/edge.ts'`, says: /which src\/cli\/ may not/ },
  { path: 'src/config.ts', text: `import { reader } from './config/reader.ts'` },
  { path: 'src/config/reader.ts', text: `import { argv } from 'node:process'`, says: /node:process, where/ },
  { path: 'src/config.ts', text: `import { argv } from 'node:process'`, says: /node:process, where/ },
  { path: 'src/lib/utils.ts', text: 'export const x = 1', says: /a name that says nothing/ },
  { path: 'src/edge/helpers/join.ts', text: 'export const x = 1', says: /a name that says nothing/ },
  { path: 'src/services/start.ts', text: 'export const x = 1', says: /no folder of the layout/ },
  { path: 'src/extra.ts', text: 'export const x = 1', says: /no folder of the layout/ },
  { path: 'src/lib/index.ts', text: `export * from './backoff.ts'\nexport { a } from './backoff.ts'`, says: /only re-exports/ },
  { path: 'src/lib/long.ts', text: lines(320) },
  { path: 'src/lib/long.json', text: lines(321) },
  { path: 'src/lib/long.ts', text: lines(321), says: /has 321 lines/ },
  { path: 'src/lib/backoff.ts', text: `import './backoff.ts'`, says: /import cycle src\/lib\/backoff.ts → src\/lib\/backoff.ts/ },
]

t.test('the checker itself', (t) => {
  for (const { path, text, says } of cases) {
    const files = Object.entries({ ...world, [path]: text }).map(([path, text]) => ({ path, text }))
    const found = breaches({ files, dependencies: ['pino', 'yaml'] })
    const name = `${path} with ${JSON.stringify(text.slice(0, 60))}`
    if (says === undefined) t.same(found, [], `${name} is fine`)
    else t.match(found.join('\n'), says, `${name} is refused`)
  }
  const ring = [
    { path: 'src/lib/a.ts', text: `import { b } from './b.ts'` },
    { path: 'src/lib/b.ts', text: `import type { c } from './c.ts'` },
    { path: 'src/lib/c.ts', text: `const a = await import('./a.ts')` },
  ]
  t.match(breaches({ files: ring, dependencies: [] }), [/import cycle .*a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/], 'a ring of three is one cycle')
  t.end()
})

t.test('what counts as an import', (t) => {
  const text = `import a from 'a'
import * as b from "b"
import type { C, D } from 'c'
import 'd'
export { e } from 'e'
export * from 'f'
const g = await import('g')
type H = import('h').H
const notOne = "import x from 'x'"
const text = 'from'; const other = 'y'
`
  t.same(importsOf(text), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  t.end()
})
