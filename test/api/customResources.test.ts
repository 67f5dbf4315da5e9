// The definitions of the custom resources: what they promise by themselves, and what kubectl makes of them at the sandbox.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { customResourceDefinitions } from '../../src/api/customResources.ts'
import type { Schema } from '../../src/api/schema/schema.ts'
import { lacksKubectl, serveNamespace } from '../sandbox/clients/replay.ts'
import { openShell } from '../sandbox/clients/shell.ts'
import { checkCustomResources, crdFiles, crdFolder } from './customResourceChecks.ts'

const maxBytes = 60_000

t.test('every definition is a file, which is small', async (t) => {
  t.strictSame(crdFiles, customResourceDefinitions.map(({ spec }) => `${spec.names.plural}.yaml`).sort())
  for (const file of crdFiles) t.ok(statSync(join(crdFolder, file)).size <= maxBytes, `${file} has at most ${maxBytes} bytes`)
  for (const definition of customResourceDefinitions) {
    const path = join(crdFolder, `${definition.spec.names.plural}.yaml`)
    t.strictSame(parse(readFileSync(path, 'utf8')), definition, 'the file says what the definition says')
  }
})

t.test('every field is explained', async (t) => {
  const silent: string[] = []
  const look = (schema: Schema, path: string, byItself: boolean): void => {
    if (!byItself && schema.description === undefined) silent.push(path)
    for (const [name, property] of Object.entries(schema.properties ?? {})) look(property, `${path}.${name}`, false)
    if (schema.items !== undefined) look(schema.items, `${path}[]`, true)
    if (schema.additionalProperties !== undefined) look(schema.additionalProperties, `${path}{}`, true)
  }
  for (const { spec } of customResourceDefinitions) {
    const { properties = {} } = spec.versions[0].schema.openAPIV3Schema
    for (const part of ['spec', 'status']) if (properties[part] !== undefined) look(properties[part], `${spec.names.kind}.${part}`, false)
  }
  t.strictSame(silent, [])
})

const without = lacksKubectl()
t.test('kubectl finds at the sandbox what it finds at any cluster', { skip: without }, async (t) => {
  const served = await serveNamespace('custom')
  const shell = openShell(served.kubeconfig)
  t.teardown(async () => {
    shell.close()
    await served.stop()
  })
  await checkCustomResources(t, shell)
})
