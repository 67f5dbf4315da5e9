import t from 'tap'
import { objectMetaSchema, schemaNamed, schemaOf } from '../../../../src/sandbox/apiserver/schema/builtin.ts'
import { definitions } from '../../../../src/sandbox/apiserver/schema/definitions.ts'
import type { Schema } from '../../../../src/sandbox/apiserver/schema/schema.ts'

function at(schema: Schema, path: string): Schema {
  return path.split('.').reduce<Schema>((schema, step) => {
    const next = step === '[]' ? schema.items : step === '{}' ? schema.additionalProperties : schema.properties?.[step]
    if (next === undefined || next === true) throw new Error(`no ${step} of ${path}`)
    return next
  }, schema)
}

t.test('a field carries what patches, apply and decoding need to know of it', (t) => {
  const deployment = schemaOf('apps', 'v1', 'Deployment')
  const template = 'spec.template.spec'
  for (const { path, has } of [
    { path: '', has: { type: 'object' } },
    { path: 'spec', has: { type: 'object', default: {}, required: ['selector', 'template'] } },
    { path: 'spec.strategy', has: { patchStrategy: ['retainKeys'], default: {} } },
    { path: 'spec.strategy.rollingUpdate.maxSurge', has: { intOrString: true, format: 'int-or-string' } },
    { path: 'spec.selector', has: { mapType: 'atomic' } },
    { path: 'spec.selector.matchLabels.{}', has: { type: 'string' } },
    { path: `${template}.containers`, has: { listType: 'map', listMapKeys: ['name'], patchMergeKey: 'name', patchStrategy: ['merge'] } },
    { path: `${template}.containers.[]`, has: { definition: 'io.k8s.api.core.v1.Container', required: ['name'] } },
    { path: `${template}.containers.[].ports`, has: { listMapKeys: ['containerPort', 'protocol'], patchMergeKey: 'containerPort' } },
    { path: `${template}.containers.[].ports.[].protocol`, has: { default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] } },
    { path: `${template}.containers.[].resources.limits.{}`, has: { format: 'quantity' } },
    { path: `${template}.volumes`, has: { patchStrategy: ['merge', 'retainKeys'] } },
    { path: `${template}.containers.[].args`, has: { type: 'array', listType: 'atomic' } },
    { path: 'status.replicas', has: { type: 'integer', format: 'int32' } },
    { path: 'metadata.creationTimestamp', has: { type: 'string', format: 'date-time' } },
    { path: 'metadata.managedFields.[].fieldsV1', has: { preserveUnknownFields: true } },
  ] as const)
    t.match(path === '' ? deployment : at(deployment, path), has, path || 'itself')
  t.match(at(schemaOf('coordination.k8s.io', 'v1', 'Lease'), 'spec.renewTime'), { format: 'micro-time' })
  t.match(at(schemaOf('', 'v1', 'Secret'), 'data.{}'), { format: 'byte' })
  t.match(at(schemaOf('apps', 'v1', 'ControllerRevision'), 'data'), { preserveUnknownFields: true })
  t.end()
})

t.test('nodes are shared, and a type that contains itself is a cycle', (t) => {
  const pod = schemaOf('', 'v1', 'Pod')
  t.equal(schemaOf('', 'v1', 'Pod'), pod)
  t.equal(at(pod, 'spec').properties, at(schemaOf('apps', 'v1', 'ReplicaSet'), 'spec.template.spec').properties)
  t.equal(at(pod, 'metadata').properties, objectMetaSchema().properties)
  const custom = at(schemaOf('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'), 'spec.versions.[].schema.openAPIV3Schema')
  t.equal(at(custom, 'not'), custom)
  t.equal(at(custom, 'properties.{}').properties, custom.properties)
  t.equal(at(custom, 'items').oneOf?.[0], custom)
  t.same(at(custom, 'additionalProperties').oneOf?.[1], { type: 'boolean' })
  t.same(at(custom, 'default').preserveUnknownFields, true)
  t.end()
})

t.test('kinds that every group has, and kinds that nobody has', (t) => {
  t.equal(schemaOf('policy', 'v1', 'DeleteOptions'), schemaOf('', 'v1', 'DeleteOptions'))
  t.equal(schemaOf('autoscaling', 'v1', 'Scale').definition, 'io.k8s.api.autoscaling.v1.Scale')
  t.throws(() => schemaOf('apps', 'v1', 'Rollout'), /no built-in kind Rollout in apps\/v1/)
  t.throws(() => schemaNamed('io.k8s.Nothing'), /no definition io.k8s.Nothing/)
  t.end()
})

t.test('every definition resolves', (t) => {
  for (const name of Object.keys(definitions())) t.equal(schemaNamed(name).definition, name)
  t.notMatch(JSON.stringify(definitions()), /"description":"/, 'no sentences of others')
  t.end()
})
