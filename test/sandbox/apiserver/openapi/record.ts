// Writes golden.jsonl: digests of a real API server's OpenAPI v3 documents. Usage: KUBECONFIG=… node test/sandbox/apiserver/openapi/record.ts
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { pathOf } from '../../../../src/sandbox/apiserver/openapi/names.ts'
import { realServer } from '../../realServer.ts'
import { widget, widgetDefinition } from './customKind.ts'
import { digestsOf } from './digests.ts'

const ask = realServer()
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
await ask('POST', definitions, { body: widgetDefinition })
// Documents of custom kinds follow their definitions after a while that nothing tells.
await delay(8000)
const { body: index } = await ask('GET', '/openapi/v3')
const ours = new Set([...builtinKinds, widget].map(pathOf))
const paths = Object.keys(index['paths'] as object).filter((path) => ours.has(path))
const lines: string[] = []
for (const path of paths) lines.push(JSON.stringify({ path, digests: digestsOf((await ask('GET', `/openapi/v3/${path}`)).body as never) }))
const { body: second } = await ask('GET', '/openapi/v2')
const schemas = second['definitions'] as Record<string, object>
lines.push(JSON.stringify({ path: 'v2', digests: digestsOf({ paths: {}, components: { schemas } }) }))
await ask('DELETE', `${definitions}/${widgetDefinition.metadata.name}`)
writeFileSync('test/sandbox/apiserver/openapi/golden.jsonl', `${lines.join('\n')}\n`)
console.log(`${lines.length} documents`)
