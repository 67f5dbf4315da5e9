// Records what a real API server answers to the cases: KUBECONFIG=… node test/sandbox/apiserver/crd/record.ts
import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { realServer } from '../../realServer.ts'
import { definitionCases } from './definitionCases.ts'
import { specSchema, valueCases } from './valueCases.ts'

const ask = realServer()
const namespace = 'patch-crd-record'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const lines: JsonObject[] = [{ gitVersion: (await ask('GET', '/version')).body['gitVersion'] ?? '' }]

const seen = ({ code, body }: { readonly code: number; readonly body: JsonObject }): JsonObject => {
  if (code >= 400)
    return { code, message: body['message'] ?? '', reason: body['reason'] ?? '', ...(body['details'] !== undefined && { details: body['details'] }) }
  return { code, ...(body['spec'] !== undefined && { spec: body['spec'] }), ...(body['status'] !== undefined && { status: body['status'] }) }
}

for (const { name, spec, objectName = 'things.crd.example.com' } of definitionCases) {
  const body = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: objectName }, spec }
  lines.push({ table: 'definitions', name, ...seen(await ask('POST', `${definitions}?dryRun=All&fieldValidation=Ignore`, { body })) })
}

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'values.crd.example.com' },
  spec: {
    group: 'crd.example.com',
    scope: 'Namespaced',
    names: { plural: 'values', kind: 'Value' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: specSchema } } } }],
  },
}
const created = await ask('POST', definitions, { body: crd })
if (created.code !== 201) throw new Error(JSON.stringify(created.body))
await ask('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
const values = `/apis/crd.example.com/v1/namespaces/${namespace}/values`
for (const deadline = Date.now() + 10_000; Date.now() < deadline && (await ask('GET', values)).code !== 200; ) await setTimeout(100)
for (const { name, spec, old } of valueCases) {
  const object = (value: unknown): JsonObject =>
    ({ apiVersion: 'crd.example.com/v1', kind: 'Value', metadata: { name: 'v' }, spec: value }) as JsonObject
  if (old === undefined) {
    lines.push({ table: 'values', name, ...seen(await ask('POST', `${values}?dryRun=All`, { body: object(spec) })) })
    continue
  }
  await ask('POST', values, { body: object(old) })
  lines.push({
    table: 'values',
    name,
    ...seen(await ask('PATCH', `${values}/v?dryRun=All`, { body: { spec }, type: 'application/merge-patch+json' })),
  })
  await ask('DELETE', `${values}/v`)
}
writeFileSync(new URL('golden.jsonl', import.meta.url), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
await ask('DELETE', `/api/v1/namespaces/${namespace}`)
await ask('DELETE', `${definitions}/${crd.metadata.name}`)
