import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startApiServer } from '../../../../src/sandbox/apiserver/startApiServer.ts'
import { clientOf } from '../client.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const rollouts = '/apis/ro.example.com/v1alpha1/namespaces/default/rollouts'

const definition = (version: object = {}, names: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'rollouts.ro.example.com' },
  spec: {
    group: 'ro.example.com',
    scope: 'Namespaced',
    names: { plural: 'rollouts', kind: 'Rollout', shortNames: ['ro'], ...names },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  replicas: { type: 'integer', default: 1 },
                  paused: { type: 'boolean' },
                  selector: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                  steps: {
                    type: 'array',
                    items: {
                      type: 'object',
                      properties: { setWeight: { type: 'integer', minimum: 0, maximum: 100 }, pause: { type: 'object', properties: {} } },
                    },
                  },
                },
                'x-kubernetes-validations': [{ rule: '!has(self.paused) || !self.paused || self.replicas > 0', message: 'nothing to pause' }],
              },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
        subresources: {
          status: {},
          scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
        },
        additionalPrinterColumns: [
          { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        ...version,
      },
    ],
  },
})
const rollout = (name: string, spec: object) => ({ apiVersion: 'ro.example.com/v1alpha1', kind: 'Rollout', metadata: { name }, spec })

async function begun(t: { fail(what: string, more: object): void; teardown(then: () => unknown): void }) {
  const server = await startApiServer({ onError: (what, error) => t.fail(what, { error }) })
  t.teardown(() => server.stop())
  const client = clientOf(server)
  // Definitions are looked at in a turn of their own.
  const until = async (path: string, isSo: (answer: Awaited<ReturnType<typeof client.get>>) => boolean) => {
    for (let turn = 0; turn < 100; turn++) {
      const answer = await client.get(path)
      if (isSo(answer)) return answer
    }
    throw new Error(`${path} has not become so`)
  }
  const established = () =>
    until(`${definitions}/rollouts.ro.example.com`, ({ body }) =>
      body.status?.conditions?.some((each: { type: string; status: string }) => each.type === 'Established' && each.status === 'True'),
    )
  return { server, client, until, established }
}

t.test('a definition is served as it says', async (t) => {
  const { client, established } = await begun(t)
  const created = await client.post(definitions, definition())
  t.equal(created.code, 201)
  t.strictSame(created.body.status, { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: ['v1alpha1'] })
  const { body } = await established()
  t.match(body.status, {
    acceptedNames: { plural: 'rollouts', singular: 'rollout', shortNames: ['ro'], kind: 'Rollout', listKind: 'RolloutList' },
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
    ],
  })
  t.match((await client.get('/apis/ro.example.com/v1alpha1')).body.resources, [
    { name: 'rollouts', kind: 'Rollout', shortNames: ['ro'] },
    { name: 'rollouts/status' },
    { name: 'rollouts/scale' },
  ])

  const made = await client.post(rollouts, rollout('shop', { steps: [{ setWeight: 20, colour: 'red' }], selector: { matchLabels: { a: 'b' } } }))
  t.equal(made.code, 201)
  t.strictSame(made.body.spec, { replicas: 1, steps: [{ setWeight: 20 }], selector: { matchLabels: { a: 'b' } } }, 'unknown fields go, defaults come')
  t.equal(made.body.metadata.generation, 1)
  t.strictSame(Object.keys(made.body.metadata.managedFields[0].fieldsV1['f:spec']).sort(), ['.', 'f:replicas', 'f:selector', 'f:steps'])

  const bad = await client.post(rollouts, rollout('bad', { replicas: 'three' }))
  t.equal(bad.code, 422)
  t.match(bad.body.message, 'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"')
  const broken = await client.post(rollouts, rollout('broken', { replicas: 0, paused: true }))
  t.equal(broken.body.message, 'Rollout.ro.example.com "broken" is invalid: spec: Invalid value: "object": nothing to pause')
})

t.test('status, scale, columns and server-side apply', async (t) => {
  const { client, established } = await begun(t)
  await client.post(definitions, definition())
  await established()
  await client.post(rollouts, rollout('shop', { replicas: 2 }))
  const patch = (path: string, type: string, body: unknown) => client.ask('PATCH', path, { body, headers: { 'Content-Type': `application/${type}` } })
  const status = await patch(`${rollouts}/shop/status`, 'merge-patch+json', {
    spec: { replicas: 9 },
    status: { replicas: 2, selector: 'a=b', conditions: [{ type: 'Ready', status: 'True' }] },
  })
  t.match(status.body, { spec: { replicas: 2 }, status: { replicas: 2 }, metadata: { generation: 1 } })
  t.match((await client.get(`${rollouts}/shop/scale`)).body, { kind: 'Scale', spec: { replicas: 2 }, status: { replicas: 2, selector: 'a=b' } })
  const scaled = await patch(`${rollouts}/shop/scale`, 'merge-patch+json', { spec: { replicas: 3 } })
  t.equal(scaled.code, 200)
  const main = await patch(`${rollouts}/shop`, 'merge-patch+json', { status: { replicas: 7 } })
  t.match(main.body, { spec: { replicas: 3 }, status: { replicas: 2 }, metadata: { generation: 2 } })
  const table = await client.get(rollouts, { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  t.strictSame(
    table.body.columnDefinitions.map(({ name }: { name: string }) => name),
    ['Name', 'Desired', 'Ready', 'Age'],
  )
  t.strictSame(table.body.rows[0].cells.slice(0, 3), ['shop', 3, 'True'])

  const applied = await patch(`${rollouts}/applied?fieldManager=one`, 'apply-patch+yaml', rollout('applied', { replicas: 4 }))
  t.equal(applied.code, 201)
  const conflict = await patch(`${rollouts}/applied?fieldManager=two`, 'apply-patch+yaml', rollout('applied', { replicas: 5 }))
  t.equal(conflict.body.message, 'Apply failed with 1 conflict: conflict with "one": .spec.replicas')
})

t.test('a change of the definition is served, another is refused', async (t) => {
  const { client, established, until } = await begun(t)
  await client.post(definitions, definition())
  const { body } = await established()
  const named = await client.ask('PUT', `${definitions}/rollouts.ro.example.com`, {
    body: { ...body, spec: { ...body.spec, names: { ...body.spec.names, kind: 'Other' } } },
  })
  t.match(named.body.message, 'spec.names.kind: Invalid value: "Other": field is immutable')
  const [version] = body.spec.versions
  const later = { ...version, name: 'v1', storage: false }
  const grown = await client.ask('PUT', `${definitions}/rollouts.ro.example.com`, {
    body: { ...body, spec: { ...body.spec, versions: [version, later] } },
  })
  t.equal(grown.code, 200)
  t.equal(grown.body.metadata.generation, 2)
  await until('/apis/ro.example.com/v1', ({ code }) => code === 200)
  await client.post(rollouts, rollout('shop', { replicas: 2 }))
  t.match((await client.get(`${rollouts.replace('v1alpha1', 'v1')}/shop`)).body, { apiVersion: 'ro.example.com/v1', spec: { replicas: 2 } })
})

t.test('watches of a kind end when its definition changes in earnest, and with it', async (t) => {
  const { client, established } = await begun(t)
  await client.post(definitions, definition())
  await established()
  await client.post(rollouts, rollout('shop', { replicas: 2 }))
  const first = await client.watch(`${rollouts}?watch=1`)
  t.match(await first.next(), { type: 'ADDED' })
  const at = `${definitions}/rollouts.ro.example.com`
  await client.merge(at, { metadata: { labels: { team: 'shop' } } })
  await client.merge(`${rollouts}/shop`, { spec: { replicas: 3 } })
  t.match(await first.next(), { type: 'MODIFIED', object: { spec: { replicas: 3 } } }, 'a label is no change of what is served')
  await client.merge(at, { spec: { names: { shortNames: ['ro', 'roll'] } } })
  t.equal(await first.next(), undefined)
  const second = await client.watch(`${rollouts}?watch=1`)
  t.match(await second.next(), { type: 'ADDED' })
  await client.delete(at)
  t.match(await second.next(), { type: 'DELETED' })
  t.equal(await second.next(), undefined)
})

t.test('what is better avoided is told', async (t) => {
  const { client, established, until } = await begun(t)
  const openAPIV3Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          replicas: { type: 'integer' },
          odd: { type: 'string', format: 'wibble' },
          template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  }
  const created = await client.post(definitions, definition({ schema: { openAPIV3Schema }, deprecated: true }))
  t.equal(created.headers['warning'], '299 - "unrecognized format \\"wibble\\""')
  await established()
  const listed = await until(rollouts, ({ code }) => code === 200)
  t.equal(listed.headers['warning'], '299 - "ro.example.com/v1alpha1 Rollout is deprecated"')
  const bare = await client.post(rollouts, rollout('bare', { template: { metadata: { labels: { a: 'b c' } } } }))
  t.strictSame(
    bare.body.details.causes.map(({ field }: { field: string }) => field),
    ['spec.template.apiVersion', 'spec.template.kind', 'spec.template.metadata.labels'],
  )
  const applied = await client.ask('PATCH', `${rollouts}/twice?fieldManager=one`, {
    body: 'apiVersion: ro.example.com/v1alpha1\nkind: Rollout\nmetadata: {name: twice}\nspec: {replicas: 1, replicas: 2}\n',
    headers: { 'Content-Type': 'application/apply-patch+yaml' },
  })
  t.match(applied, { code: 201, body: { spec: { replicas: 2 } }, headers: { warning: /key .*replicas.* already set in map/ } })
})

t.test('names that are taken are not accepted', async (t) => {
  const { client, established, until } = await begun(t)
  await client.post(definitions, definition())
  await established()
  const other = definition({}, { plural: 'others', kind: 'Rollout', shortNames: ['ro'] })
  await client.post(definitions, { ...other, metadata: { name: 'others.ro.example.com' } })
  const { body } = await until(`${definitions}/others.ro.example.com`, ({ body }) => body.status.conditions !== null)
  t.match(body.status.conditions, [
    { type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict', message: '"RolloutList" is already in use' },
    { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
  ])
})

t.test('instances go before their definition', async (t) => {
  const { client, established, until } = await begun(t)
  await client.post(definitions, definition())
  await established()
  await client.post(rollouts, rollout('plain', {}))
  const held = rollout('held', {})
  await client.post(rollouts, { ...held, metadata: { ...held.metadata, finalizers: ['example.com/held'] } })
  const deleted = await client.ask('DELETE', `${definitions}/rollouts.ro.example.com`)
  t.match(deleted.body, { metadata: { finalizers: ['customresourcecleanup.apiextensions.k8s.io'] } })
  await until(`${rollouts}/plain`, ({ code }) => code === 404)
  t.equal((await client.get(`${definitions}/rollouts.ro.example.com`)).code, 200, 'it waits for the one that is held')
  await client.ask('PATCH', `${rollouts}/held`, {
    body: { metadata: { finalizers: null } },
    headers: { 'Content-Type': 'application/merge-patch+json' },
  })
  await until(`${definitions}/rollouts.ro.example.com`, ({ code }) => code === 404)
  await until(rollouts, ({ code }) => code === 404)
})

t.test('definitions and their objects outlive the server', async (t) => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sandbox-crd-'))
  t.teardown(() => rmSync(dataFolder, { recursive: true }))
  const first = await startApiServer({ dataFolder })
  const client = clientOf(first)
  await client.post(definitions, definition())
  for (let turn = 0; turn < 100 && (await client.get(rollouts)).code !== 200; turn++);
  await client.post(rollouts, rollout('kept', { replicas: 5 }))
  await first.stop()
  const second = await startApiServer({ dataFolder })
  t.teardown(() => second.stop())
  t.match((await clientOf(second).get(`${rollouts}/kept`)).body, { spec: { replicas: 5 } })
})
