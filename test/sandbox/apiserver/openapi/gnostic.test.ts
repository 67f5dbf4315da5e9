import t from 'tap'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { encodeOpenApiV2 } from '../../../../src/sandbox/apiserver/openapi/gnostic.ts'
import { openApi } from '../../../../src/sandbox/apiserver/openapi/openApi.ts'
import { ProtobufWriter } from '../../../../src/sandbox/apiserver/openapi/protobuf.ts'

/** The wire format, read independently of what writes it: numbers of fields, and what they hold. */
function fields(bytes: Buffer): readonly (readonly [number, number | Buffer])[] {
  const found: [number, number | Buffer][] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    if (tag % 8 === 0) found.push([Math.floor(tag / 8), varint()])
    else if (tag % 8 === 1) {
      found.push([Math.floor(tag / 8), bytes.readDoubleLE(at)])
      at += 8
    } else {
      if (tag % 8 !== 2) throw new Error(`wire type ${tag % 8}`)
      const length = varint()
      found.push([Math.floor(tag / 8), bytes.subarray(at, at + length)])
      at += length
    }
  }
  if (at !== bytes.length) throw new Error('cut off')
  return found
}

/** The parts at a path of field numbers. */
function all(bytes: Uint8Array, ...path: readonly number[]): readonly (number | Buffer)[] {
  let level: readonly (number | Buffer)[] = [Buffer.from(bytes)]
  for (const number of path) level = level.flatMap((each) => fields(each as Buffer).flatMap(([field, value]) => (field === number ? [value] : [])))
  return level
}

function texts(bytes: Uint8Array, ...path: readonly number[]): readonly string[] {
  return all(bytes, ...path).map((value) => (typeof value === 'number' ? String(value) : value.toString()))
}

t.test('numbers, texts and messages of any length', (t) => {
  const to = new ProtobufWriter()
  to.text(1, 'é')
  to.text(2, '')
  to.flag(3, true)
  to.flag(4, false)
  to.whole(5, 300)
  to.double(6, 1.5)
  to.message(7, () => undefined)
  // The bytes that such a message has by the specification.
  t.equal(Buffer.from(to.finish()).toString('hex'), '0a02c3a9180128ac0231000000000000f83f3a00')
  for (const length of [0, 1, 126, 127, 128, 16_383, 16_384, 200_000]) {
    const nested = new ProtobufWriter()
    nested.message(1, () => nested.message(20, () => nested.text(3, 'x'.repeat(length))))
    nested.text(2, 'after')
    const bytes = nested.finish()
    t.equal(texts(bytes, 1, 20, 3).join('').length, length)
    t.same(texts(bytes, 2), ['after'])
  }
  t.end()
})

t.test('a document', (t) => {
  const bytes = encodeOpenApiV2({
    swagger: '2.0',
    info: { title: 'Shop', version: '1' },
    paths: {
      '/shops/{name}': {
        parameters: [{ in: 'path', name: 'name', required: true, type: 'string', uniqueItems: true }],
        patch: {
          operationId: 'patchShop',
          consumes: ['application/json'],
          parameters: [
            { in: 'body', name: 'body', required: true, schema: { $ref: '#/definitions/Shop' } },
            { in: 'query', name: 'dryRun', type: 'string' },
          ],
          responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/Shop' } }, 401: { description: 'Unauthorized' } },
          'x-kubernetes-group-version-kind': { group: 'g', version: 'v1', kind: 'Shop' },
        },
      },
    },
    definitions: {
      Shop: {
        type: 'object',
        required: ['name'],
        description: 'A shop.',
        properties: { name: { type: 'string', maxLength: 300 }, tags: { type: 'array', items: { type: 'string', enum: ['a', 'b'] } } },
        additionalProperties: { type: 'integer', minimum: 1.5 },
        'x-kubernetes-list-type': 'map',
      },
      Open: { additionalProperties: true },
    },
    security: [{ BearerToken: [] }],
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
  })
  const operation = [8, 2, 2, 8]
  for (const { path, has } of [
    { path: [1], has: ['2.0'] },
    { path: [2, 1], has: ['Shop'] },
    { path: [8, 2, 1], has: ['/shops/{name}'] },
    { path: [8, 2, 2, 9, 1, 2, 4, 4], has: ['name'] },
    { path: [8, 2, 2, 9, 1, 2, 4, 19], has: ['1'] },
    { path: [...operation, 5], has: ['patchShop'] },
    { path: [...operation, 8, 1, 1, 5, 1], has: ['#/definitions/Shop'] },
    { path: [...operation, 8, 1, 2, 3, 4], has: ['dryRun'] },
    { path: [...operation, 9, 1, 1], has: ['200', '401'] },
    { path: [...operation, 9, 1, 2, 1, 2, 1, 1], has: ['#/definitions/Shop'] },
    { path: [...operation, 13, 1], has: ['x-kubernetes-group-version-kind'] },
    { path: [...operation, 13, 2, 2], has: ['{"group":"g","version":"v1","kind":"Shop"}\n'] },
    { path: [9, 1, 1], has: ['Shop', 'Open'] },
    { path: [9, 1, 2, 19], has: ['name'] },
    { path: [9, 1, 2, 22, 1], has: ['object'] },
    { path: [9, 1, 2, 25, 1, 2, 11], has: ['300'] },
    { path: [9, 1, 2, 25, 1, 2, 23, 1, 20, 2], has: ['"a"\n', '"b"\n'] },
    { path: [9, 1, 2, 21, 1, 9], has: ['1.5'] },
    { path: [9, 1, 2, 21, 2], has: ['1'] },
    { path: [9, 1, 2, 31, 2, 2], has: ['"map"\n'] },
    { path: [12, 1, 1], has: ['BearerToken'] },
    { path: [13, 1, 2, 2, 3], has: ['header'] },
  ])
    t.same(texts(bytes, ...path), has, path.join('.'))
  t.end()
})

t.test('all that is served', (t) => {
  const answer = openApi({ kinds: builtinKinds, subresources: [] })
  const ask = (accept: string): Uint8Array => {
    const document = answer('/openapi/v2', new URLSearchParams(), accept)
    if (document?.kind !== 'bytes') throw new Error('no bytes')
    return document.bytes
  }
  const json = JSON.parse(Buffer.from(ask('application/json')).toString()) as { definitions: object; paths: object }
  const bytes = ask('application/com.github.proto-openapi.spec.v2@v1.0+protobuf')
  t.same(texts(bytes, 9, 1, 1), Object.keys(json.definitions))
  t.same(texts(bytes, 8, 2, 1), Object.keys(json.paths))
  t.ok(texts(bytes, 9, 1, 2, 25, 1, 1).includes('terminationGracePeriodSeconds'))
  t.end()
})
