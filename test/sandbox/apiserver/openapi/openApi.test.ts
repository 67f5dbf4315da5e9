import { readFileSync } from 'node:fs'
import t from 'tap'
import type { ServerDocument } from '../../../../src/sandbox/apiserver/document.ts'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { type OpenApi, openApi } from '../../../../src/sandbox/apiserver/openapi/openApi.ts'
import { widget } from './customKind.ts'
import { digestsOf } from './digests.ts'

/** What kube-apiserver v1.34.4 has; see record.ts. */
const golden = readFileSync('test/sandbox/apiserver/openapi/golden.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { readonly path: string; readonly digests: Readonly<Record<string, string>> })

const subresources = ['pods/log', 'pods/eviction', 'pods/binding', 'pods/exec', 'serviceaccounts/token']
const answer: OpenApi = openApi({ kinds: [...builtinKinds, widget], subresources })

function bytes(document: ServerDocument | undefined): Extract<ServerDocument, { kind: 'bytes' }> {
  if (document?.kind !== 'bytes') throw new Error(`no bytes but ${document?.kind}`)
  return document
}

function ask(url: string, accept?: string): ServerDocument | undefined {
  const [path = '', query] = url.split('?')
  return answer(path, new URLSearchParams(query), accept)
}

function json(url: string): never {
  return JSON.parse(Buffer.from(bytes(ask(url)).bytes).toString()) as never
}

const v2Type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

/** The real server answers such a deletion with the object, but its document tells of a Status. */
const toldOtherwise = new Set(['delete /api/v1/namespaces/{name}'])

t.test('schemas and operations are those of the real server', (t) => {
  for (const { path, digests } of golden) {
    const document =
      path === 'v2'
        ? { paths: {}, components: { schemas: (json('/openapi/v2') as { definitions: object }).definitions } }
        : json(`/openapi/v3/${path}`)
    const ours = Object.entries(digestsOf(document as never))
    t.ok(ours.length > 10, `${path} has ${ours.length} parts`)
    for (const [name, digest] of ours) if (!toldOtherwise.has(name)) t.equal(digest, digests[name], `${path}: ${name}`)
  }
  t.end()
})

t.test('the index names each document by its hash', (t) => {
  const index = ask('/openapi/v3')
  if (index?.kind !== 'object') throw new Error('no index')
  const { paths } = index.object as { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> }
  t.equal(Object.keys(paths).length, new Set([...builtinKinds, widget].map(({ group, version }) => `${group}/${version}`)).size)
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const [at, hash] = serverRelativeURL.split('?hash=')
    t.equal(at, `/openapi/v3/${path}`)
    const { etag, contentType, isImmutable } = bytes(ask(serverRelativeURL))
    t.same({ etag, contentType, isImmutable }, { etag: hash, contentType: 'application/json', isImmutable: true }, path)
    t.same(ask(`/openapi/v3/${path}?hash=OLD`), { kind: 'moved', location: serverRelativeURL })
    t.equal(bytes(ask(`/openapi/v3/${path}`)).isImmutable, false)
  }
  t.same(ask('/openapi/v3/apis/none/v1'), { kind: 'refused', code: 404 })
  for (const path of ['/openapi', '/openapi/v2/', '/openapi/v4', '/version']) t.equal(ask(path), undefined, path)
  t.end()
})

t.test('references lead somewhere', (t) => {
  for (const { path } of golden) {
    const document = path === 'v2' ? json('/openapi/v2') : (json(`/openapi/v3/${path}`) as { components?: { schemas: object }; definitions?: object })
    const names = new Set(
      Object.keys((document as { components?: { schemas: object } }).components?.schemas ?? (document as { definitions: object }).definitions),
    )
    const missing = [...JSON.stringify(document).matchAll(/"\$ref":"#\/(?:components\/schemas|definitions)\/([^"]+)"/g)].filter(
      ([, name]) => !names.has(name!),
    )
    t.same(
      missing.map(([text]) => text),
      [],
      path,
    )
  }
  t.end()
})

t.test('a custom kind changes the documents of its group alone', (t) => {
  const without = openApi({ kinds: builtinKinds, subresources })
  const at = new URLSearchParams()
  t.equal(bytes(without('/openapi/v3/apis/apps/v1', at, undefined)).bytes, bytes(ask('/openapi/v3/apis/apps/v1')).bytes)
  t.same(without('/openapi/v3/apis/openapi.example.com/v1', at, undefined), { kind: 'refused', code: 404 })
  const changed = openApi({ kinds: [...builtinKinds, { ...widget, schema: { type: 'object', description: 'Another.' } }], subresources })
  const path = '/openapi/v3/apis/openapi.example.com/v1'
  t.match(Buffer.from(bytes(changed(path, at, undefined)).bytes).toString(), 'Another.')
  t.not(bytes(changed(path, at, undefined)).etag, bytes(ask(path)).etag)
  t.end()
})

t.test('the second version comes as JSON or protobuf', (t) => {
  for (const { accept, type } of [
    { accept: undefined, type: 'application/json' },
    { accept: 'application/json', type: 'application/json' },
    { accept: '*/*', type: 'application/json' },
    { accept: v2Type, type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' },
    { accept: `${v2Type}, application/json`, type: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' },
  ])
    t.equal(bytes(ask('/openapi/v2', accept)).contentType, type, String(accept))
  t.same(ask('/openapi/v2', 'text/plain'), { kind: 'refused', code: 406 })
  t.end()
})
