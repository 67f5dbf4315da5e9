// Records objects as a real server writes them in protobuf, and in JSON: KUBECONFIG=… node test/sandbox/apiserver/protobuf/record.ts
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { parse } from 'yaml'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import type { Case } from '../kinds/cases.ts'

const config = parse(readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8'))
const { server, 'certificate-authority': ca } = config.clusters[0].cluster
const dispatcher = new Agent({ connect: { ca: readFileSync(ca) } })
const headers = { authorization: `Bearer ${config.users[0].user.token}`, 'content-type': 'application/json' }

async function ask(method: 'GET' | 'POST', path: string, accept: string, body?: unknown): Promise<Buffer | undefined> {
  const sent = body === undefined ? null : JSON.stringify(body)
  const answer = await request(server + path, { method, dispatcher, headers: { ...headers, accept }, body: sent })
  const bytes = Buffer.from(await answer.body.arrayBuffer())
  return answer.statusCode < 300 ? bytes : undefined
}

const folder = join(import.meta.dirname, '..', 'kinds', 'manifests')
const lines: string[] = []
await ask('POST', '/api/v1/namespaces', 'application/json', { metadata: { name: 'protobuf-golden' } })
for (const file of readdirSync(folder)) {
  const { cases } = (await import(join(folder, file))) as { readonly cases: readonly Case[] }
  for (const { name, object } of cases) {
    const kind = builtinKinds.find(
      (each) => each.kind === object.kind && `${each.group === '' ? '' : `${each.group}/`}${each.version}` === object.apiVersion,
    )
    if (kind === undefined) continue
    const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
    const path = `${base}${kind.namespaced ? '/namespaces/protobuf-golden' : ''}/${kind.plural}?dryRun=All`
    const metadata = { ...object.metadata, ...(kind.namespaced && { namespace: 'protobuf-golden' }) }
    const [json, protobuf] = [
      await ask('POST', path, 'application/json', { ...object, metadata }),
      await ask('POST', path, 'application/vnd.kubernetes.protobuf', { ...object, metadata }),
    ]
    if (json === undefined || protobuf === undefined) continue
    lines.push(JSON.stringify({ name: `${object.kind}: ${name}`, protobuf: protobuf.toString('base64'), json: JSON.parse(json.toString()) }))
  }
}
writeFileSync(join(import.meta.dirname, 'golden.jsonl'), `${lines.join('\n')}\n`)
console.log(`${lines.length} objects`)
await dispatcher.close()
