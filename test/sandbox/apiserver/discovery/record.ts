// Writes golden.jsonl: the discovery documents of a real API server. Usage: KUBECONFIG=… node test/sandbox/apiserver/discovery/record.ts
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { realServer } from '../../realServer.ts'
import { customGroup, definitions } from './customKinds.ts'

const ask = realServer()
const at = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
for (const body of definitions) await ask('POST', at, { body })
// Discovery of custom kinds follows their definitions after a while that nothing tells.
await delay(6000)
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const { body: groups } = await ask('GET', '/apis')
const versions = (groups['groups'] as { name: string; versions: { groupVersion: string }[] }[])
  .filter(({ name }) => !name.includes('.') || name.endsWith('.k8s.io') || name === customGroup)
  .flatMap(({ versions }) => versions)
const paths = [
  '/api',
  '/apis',
  '/apis/autoscaling',
  `/apis/${customGroup}`,
  '/api/v1',
  ...versions.map(({ groupVersion }) => `/apis/${groupVersion}`),
]
const lines: string[] = []
for (const path of paths) lines.push(JSON.stringify({ path, document: (await ask('GET', path)).body }))
for (const path of ['/api', '/apis'])
  lines.push(JSON.stringify({ path, aggregated: true, document: (await ask('GET', path, { accept: aggregated })).body }))
for (const { metadata } of definitions) await ask('DELETE', `${at}/${metadata.name}`)
writeFileSync('test/sandbox/apiserver/discovery/golden.jsonl', `${lines.join('\n')}\n`)
console.log(`${lines.length} documents`)
