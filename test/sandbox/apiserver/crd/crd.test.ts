import { readFileSync } from 'node:fs'
import t from 'tap'
import { invalid } from '../../../../src/sandbox/apiserver/apiError.ts'
import { customErrors } from '../../../../src/sandbox/apiserver/crd/customKind.ts'
import { customResourceDefinition } from '../../../../src/sandbox/apiserver/crd/definitionKind.ts'
import { customSchema } from '../../../../src/sandbox/apiserver/crd/structuralSchema.ts'
import { applyDefaults } from '../../../../src/sandbox/apiserver/schema/defaults.ts'
import type { Json, JsonObject, Unstructured } from '../../../../src/sandbox/unstructured.ts'
import { definitionCases } from './definitionCases.ts'
import { specSchema, valueCases } from './valueCases.ts'

// Answers of a real API server (its version is in the first line), recorded by record.ts.
type Line = {
  readonly table: string
  readonly name: string
  readonly code: number
  readonly message?: string
  readonly details?: { readonly causes: readonly JsonObject[] }
  readonly spec?: Json
  readonly status?: Json
}
const golden = readFileSync(new URL('golden.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .slice(1, -1)
  .map((line) => JSON.parse(line) as Line)

function recorded(table: string, name: string): Line {
  const line = golden.find((each) => each.table === table && each.name === name)
  if (line === undefined) throw new Error(`${name} is not recorded`)
  return line
}

/** The real server goes through fields in no order. */
function sorted(causes: readonly JsonObject[]): readonly string[] {
  return causes.map(({ reason, message, field }) => `${field}: ${message} (${reason})`).sort()
}

const schema = customSchema({ type: 'object', properties: { spec: specSchema } })

t.test('values are held to their schema', async (t) => {
  for (const { name, spec, old } of valueCases) {
    const { details } = recorded('values', name)
    const object = (value: Json): Unstructured =>
      applyDefaults(
        { apiVersion: 'crd.example.com/v1', kind: 'Value', metadata: { name: 'v' }, spec: value } as JsonObject,
        schema,
      ) as unknown as Unstructured
    const errors = customErrors(object(spec), old === undefined ? undefined : object(old), { schema, version: {} })
    t.strictSame(sorted(errors.map(({ reason, message, field }) => ({ reason, message, field }))), sorted(details?.causes ?? []), name)
  }
})

/** Where our words are shorter: a syntax error's list of what was expected, and a schema printed as Go's structs. */
const shorter: Readonly<Record<string, RegExp>> = {
  'a rule that is none': /x-kubernetes-validations\[0\]\.rule: Invalid value: .*: compilation failed: ERROR: <input>:1:/,
  'a status with a rule at the root':
    /spec\.validation\.openAPIV3Schema: Invalid value: .*: only \[Description .*XValidations\] fields are allowed at the root/,
}

t.test('definitions are held to the rules of theirs', async (t) => {
  const { strategy } = customResourceDefinition
  for (const { name, spec, objectName = 'things.crd.example.com' } of definitionCases) {
    const line = recorded('definitions', name)
    const sent = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: objectName },
      spec,
    } as unknown as Unstructured
    const context = { now: '2026-01-01T00:00:00Z', random: (bytes: number) => new Uint8Array(bytes) }
    const made = strategy.prepareForCreate?.(strategy.defaults?.(sent) ?? sent, context) ?? sent
    const errors = strategy.validate?.(made) ?? []
    const about = { group: 'apiextensions.k8s.io', plural: '', kind: 'CustomResourceDefinition', name: objectName }
    const said = errors.length === 0 ? '' : invalid(about, errors).message
    if (shorter[name] !== undefined) t.match(said, shorter[name], name)
    else t.equal(said, line.message ?? '', name)
    if (line.code < 400) t.strictSame({ spec: made['spec'], status: made['status'] }, { spec: line.spec, status: line.status }, name)
  }
})
