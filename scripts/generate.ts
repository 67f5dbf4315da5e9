// Writes the files that are made from code. Usage: npm run generate, or with `--check` to name those that are out of date
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { customResourceDefinitions } from '../src/api/customResources.ts'
import { crdYaml } from './crdYaml.ts'

type Generated = { readonly path: string; readonly content: () => Promise<string> }

const files: readonly Generated[] = [
  {
    path: 'docs/edge.schema.json',
    content: async () => {
      const { edgeSchema } = await import('../src/edge/source/file/schema.ts')
      return `${JSON.stringify(edgeSchema(), null, 2)}\n`
    },
  },
  ...customResourceDefinitions.map((definition) => ({
    path: `charts/spillway/crds/${definition.spec.names.plural}.yaml`,
    content: async () => crdYaml(definition),
  })),
]

const checkOnly = process.argv.includes('--check')
for (const { path, content } of files) {
  const wanted = await content()
  const present = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (wanted === present) continue
  if (checkOnly) {
    console.error(`${path} is out of date; run \`npm run generate\``)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, wanted)
    console.log(`wrote ${path}`)
  }
}
