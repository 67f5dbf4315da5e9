import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Discovery, discovery } from '../../../../src/sandbox/apiserver/discovery/discovery.ts'
import { compareVersions } from '../../../../src/sandbox/apiserver/discovery/served.ts'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import { customGroup, customKinds } from './customKinds.ts'

type Entry = { readonly name?: string; readonly resource?: string; readonly subresource?: string; readonly metadata?: { readonly name?: string } }

/** What kube-apiserver v1.34.4 answered; see record.ts. */
const golden = readFileSync('test/sandbox/apiserver/discovery/golden.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { path: string; aggregated?: true; document: Record<string, unknown> })

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const pods = ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'resize'].map((name) => `pods/${name}`)
const subresources = [...pods, 'namespaces/finalize', 'nodes/proxy', 'serviceaccounts/token', 'services/proxy']
const answer: Discovery = discovery({ kinds: [...builtinKinds, ...customKinds], subresources }, '127.0.0.1:6443')

function ask(path: string, accept?: string): { readonly object: Record<string, unknown>; readonly contentType?: string } {
  const found = answer(path, accept)
  if (found?.kind !== 'object') throw new Error(`no document ${path}`)
  return found as never
}

/** What is in both, so that a server that serves less is compared by what it serves. */
function common(real: unknown, ours: unknown): unknown {
  if (Array.isArray(real) && Array.isArray(ours) && typeof real[0] === 'object') {
    const of = new Map(ours.map((entry: Entry) => [keyOf(entry), entry]))
    return real.filter((entry: Entry) => of.has(keyOf(entry))).map((entry: Entry) => common(entry, of.get(keyOf(entry))))
  }
  if (real === null || typeof real !== 'object' || Array.isArray(real) || ours === null || typeof ours !== 'object') return real
  return Object.fromEntries(Object.entries(real).map(([key, value]) => [key, common(value, (ours as Record<string, unknown>)[key])]))
}

function keyOf({ name, resource, subresource, metadata, ...rest }: Entry): string {
  return name ?? resource ?? subresource ?? metadata?.name ?? ('version' in rest ? String(rest.version) : 'clientCIDR' in rest ? 'address' : 'core')
}

t.test('documents are those of the real server, as far as we serve the same', (t) => {
  for (const { path, aggregated, document } of golden) {
    const found = answer(path, aggregated && aggregatedType)
    if (found === undefined) {
      t.notOk(
        [...builtinKinds, ...customKinds].some(({ group, version }) => path === `/apis/${group}/${version}`),
        `${path} is not ours`,
      )
      continue
    }
    if (found.kind !== 'object') throw new Error('no object')
    const ours = JSON.parse(JSON.stringify(found.object).replace('127.0.0.1:6443', 'ADDRESS'))
    const real = JSON.parse(JSON.stringify(document).replace(/127\.0\.0\.1:\d+/, 'ADDRESS'))
    t.equal(JSON.stringify(ours, null, 1), JSON.stringify(common(real, ours), null, 1), `${aggregated ? 'aggregated ' : ''}${path}`)
  }
  t.end()
})

t.test('every kind is told of', (t) => {
  for (const { group, version, plural } of [...builtinKinds, ...customKinds]) {
    const { object } = ask(group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
    t.ok(
      (object['resources'] as Entry[]).some(({ name }) => name === plural),
      `${plural}.${version}.${group}`,
    )
  }
  t.end()
})

t.test('which form a client gets', (t) => {
  for (const { accept, aggregated } of [
    { accept: undefined, aggregated: false },
    { accept: 'application/json', aggregated: false },
    { accept: 'application/json, */*', aggregated: false },
    { accept: aggregatedType, aggregated: true },
    // kubectl 1.34, 1.26 and 1.20
    { accept: `${aggregatedType},${aggregatedType.replace('v2', 'v2beta1')},application/json`, aggregated: true },
    { accept: `${aggregatedType.replace('v2', 'v2beta1')},application/json`, aggregated: false },
    { accept: 'application/json, */*', aggregated: false },
    { accept: `text/html, ${aggregatedType}`, aggregated: true },
  ])
    t.equal(ask('/apis', accept).object['kind'], aggregated ? 'APIGroupDiscoveryList' : 'APIGroupList', String(accept))
  t.equal(ask('/apis', aggregatedType).contentType, aggregatedType)
  t.equal(ask('/apis').contentType, undefined)
  t.equal(ask('/apis/apps/v1', aggregatedType).object['kind'], 'APIResourceList')
  t.equal(ask('/apis/').object, ask('/apis').object)
  for (const path of ['/apis/none', '/apis/apps/v9', '/api/v2', '/apis/apps/v1/deployments', '/version', '/'])
    t.equal(answer(path, undefined), undefined, path)
  t.end()
})

t.test('subresources that nobody serves are not told of', (t) => {
  const { object } = discovery({ kinds: builtinKinds, subresources: ['pods/log'] }, '')('/api/v1', undefined) as never
  const names = ((object as Record<string, unknown>)['resources'] as { name: string }[]).map(({ name }) => name)
  t.same(
    names.filter((name) => /^(pods|serviceaccounts)/.test(name)),
    ['pods', 'pods/log', 'pods/status', 'serviceaccounts'],
  )
  t.end()
})

t.test('versions in order', (t) => {
  const ordered = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10', 'v0']
  t.same(ordered.toReversed().sort(compareVersions), ordered)
  t.same(ask(`/apis/${customGroup}`).object['preferredVersion'], { groupVersion: `${customGroup}/v2`, version: 'v2' })
  t.end()
})
