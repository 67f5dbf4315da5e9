import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { decodeProtobuf } from '../../../../src/sandbox/apiserver/protobuf/decode.ts'
import type { JsonObject, Unstructured } from '../../../../src/sandbox/unstructured.ts'
import { normalized } from '../kinds/cases.ts'

type Golden = { readonly name: string; readonly protobuf: string; readonly json: Unstructured }

// Recorded from kube-apiserver 1.34.4 by record.ts: the same object in both forms.
const golden = readFileSync(join(import.meta.dirname, 'golden.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden)

/** As the server keeps it: what JSON leaves out and protobuf does not is gone. */
function kept(object: Unstructured): JsonObject {
  const { group, version } = {
    group: object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '',
    version: object.apiVersion.split('/').at(-1),
  }
  const kind = builtinKinds.find((each) => each.kind === object.kind && each.group === group && each.version === version)
  if (kind === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`)
  return normalized((kind.strategy.defaults?.(object) ?? object) as unknown as JsonObject)
}

t.test('an object in protobuf is what it is in JSON', async (t) => {
  t.ok(golden.length > 100, `${golden.length} objects`)
  for (const { name, protobuf, json } of golden) {
    const decoded = decodeProtobuf(Buffer.from(protobuf, 'base64')) as unknown as Unstructured
    t.strictSame(kept(decoded), kept(json), name)
  }
})

t.test('what is no message, or of no known kind, is refused', async (t) => {
  const [first] = golden
  const bytes = Buffer.from(first?.protobuf ?? '', 'base64')
  t.throws(() => decodeProtobuf(Buffer.from('{}')), { code: 400, message: /expected prefix \[107 56 115 0\]/ })
  t.throws(() => decodeProtobuf(Buffer.from('k8s\0')), { code: 400, message: /no kind ""/ })
  t.throws(() => decodeProtobuf(Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0a, 0x7f])])), { code: 400, message: /unexpected EOF/ })
  for (let length = 4; length < bytes.length; length++) {
    try {
      decodeProtobuf(bytes.subarray(0, length))
    } catch (error) {
      if ((error as { code?: number }).code !== 400) throw error
    }
  }
  for (let at = 4; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = damaged[at]! ^ 0xff
    try {
      decodeProtobuf(damaged)
    } catch (error) {
      if ((error as { code?: number }).code !== 400) t.fail(`byte ${at}: ${error}`)
    }
  }
  t.pass('cut off anywhere, or with any byte changed, it is read or refused with 400')
})
