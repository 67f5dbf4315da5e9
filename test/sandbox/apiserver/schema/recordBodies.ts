// Writes bodies.jsonl: what a real API server says of the cases in bodyCases.ts. Usage: KUBECONFIG=… node test/sandbox/apiserver/schema/recordBodies.ts
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { realServer } from '../../realServer.ts'
import { bodyCases, targets, widgetSchema } from './bodyCases.ts'

const ask = realServer()
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const name = 'widgets.schema.example.com'
await ask('DELETE', `${definitions}/${name}`)
while ((await ask('GET', `${definitions}/${name}`)).code !== 404) await delay(200)
const spec = {
  group: 'schema.example.com',
  scope: 'Namespaced',
  names: { plural: 'widgets', kind: 'Widget' },
  versions: [{ name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: widgetSchema } }],
}
const created = await ask('POST', definitions, {
  body: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name }, spec },
})
if (created.code !== 201) throw new Error(JSON.stringify(created.body))
while (!JSON.stringify((await ask('GET', `${definitions}/${name}`)).body).includes('"InitialNamesAccepted"')) await delay(200)
// The routes come a little after the condition.
await delay(3000)

const answers = []
for (const { name, to, body, yaml } of bodyCases) {
  const sent = { body, type: yaml ? 'application/yaml' : 'application/json' }
  const { code, body: said } = await ask('POST', `${targets[to].path}?dryRun=All&fieldValidation=Strict`, sent)
  const { warnings } = await ask('POST', `${targets[to].path}?dryRun=All&fieldValidation=Warn`, sent)
  answers.push({
    name,
    code,
    ...(code === 400 && { message: said['message'] }),
    ...(code === 201 && { spec: said['spec'] ?? null }),
    // Each is sent as `299 - "…"`.
    ...(warnings.length > 0 && { warnings: [...warnings.join(', ').matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map((match) => JSON.parse(match[1]!)) }),
  })
}
await ask('DELETE', `${definitions}/${name}`)
writeFileSync('test/sandbox/apiserver/schema/bodies.jsonl', answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''))
console.log(`${answers.length} answers`)
