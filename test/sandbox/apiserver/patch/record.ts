// Records what a real API server answers to the cases: KUBECONFIG=… node test/sandbox/apiserver/patch/record.ts
import { writeFileSync } from 'node:fs'
import type { JsonObject } from '../../../../src/sandbox/unstructured.ts'
import { type Answer, realServer } from '../../realServer.ts'
import { jsonCases, mergeCases, type PatchCase, plainSpec } from './cases.ts'
import { deployment, strategicCases } from './strategicCases.ts'

const ask = realServer()
const namespace = 'patch-record'
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'plains.patch.example.com' },
  spec: {
    group: 'patch.example.com',
    scope: 'Namespaced',
    names: { plural: 'plains', kind: 'Plain' },
    versions: [
      { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } },
    ],
  },
}
const plains = `/apis/patch.example.com/v1/namespaces/${namespace}/plains`
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`

/** What the answer says that is not of the server's own making. */
function seen({ code, body }: Answer): JsonObject {
  if (body['kind'] === 'Status') return { code, message: body['message'] ?? '', reason: body['reason'] ?? '' }
  // What the Deployment controller adds, as soon as it comes to it.
  delete ((body['metadata'] as JsonObject)['annotations'] as Record<string, string> | undefined)?.['deployment.kubernetes.io/revision']
  const metadata = Object.entries(body['metadata'] as JsonObject).filter(([key]) => ['labels', 'annotations', 'finalizers'].includes(key))
  return { code, after: { metadata: Object.fromEntries(metadata), spec: body['spec'] ?? {} } }
}

const lines: JsonObject[] = []
async function record(type: string, path: string, cases: readonly PatchCase[]): Promise<void> {
  for (const { name, patch } of cases)
    lines.push({ type, name, ...seen(await ask('PATCH', `${path}?dryRun=All`, { body: JSON.stringify(patch), type: `application/${type}+json` })) })
}

await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: crd })
await ask('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
  const { code } = await ask('POST', plains, {
    body: { apiVersion: 'patch.example.com/v1', kind: 'Plain', metadata: { name: 'it' }, spec: plainSpec },
  })
  if (code === 201) break
}
await ask('POST', deployments, { body: deployment })
const { gitVersion } = (await ask('GET', '/version')).body
lines.push({ gitVersion: gitVersion ?? '' })
await record('merge-patch', `${plains}/it`, mergeCases)
await record('json-patch', `${plains}/it`, jsonCases)
await record('strategic-merge-patch', `${deployments}/shop`, strategicCases)
writeFileSync(new URL('golden.jsonl', import.meta.url), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
for (const path of [`${plains}/it`, `${deployments}/shop`]) {
  await ask('PATCH', path, { body: '{"metadata":{"finalizers":null}}', type: 'application/merge-patch+json' })
  await ask('DELETE', path)
}
await ask('DELETE', `/api/v1/namespaces/${namespace}`)
await ask('DELETE', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`)
