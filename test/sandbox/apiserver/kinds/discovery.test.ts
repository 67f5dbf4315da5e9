import { readFileSync } from 'node:fs'
import t from 'tap'
import { builtinKinds } from '../../../../src/sandbox/apiserver/kinds/builtinKinds.ts'
import type { Kind } from '../../../../src/sandbox/apiserver/kinds/kind.ts'

// A real kube-apiserver's answers (v1.34.4), written down by record.ts.
const { resources } = JSON.parse(readFileSync(`${import.meta.dirname}/golden/discovery.json`, 'utf8')) as { resources: Record<string, unknown> }

function told(kind: Kind): unknown {
  const { plural, subresources, columns } = kind
  return {
    name: plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    below: [...(subresources.scale === undefined ? [] : [`${plural}/scale`]), ...(subresources.status === true ? [`${plural}/status`] : [])],
    fields: Object.keys(kind.selectableFields).sort(),
    columns: columns.map(({ name, type, format = '', priority }) => [name, type, format, priority]),
  }
}

t.test('kinds are told of as by the real server', async (t) => {
  for (const kind of builtinKinds) {
    const { group, version, plural } = kind
    const path = `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}/${plural}`
    t.strictSame(told(kind), resources[path], path)
  }
})

t.test('each kind has a schema', async (t) => {
  for (const kind of builtinKinds) t.equal(kind.schema.type, 'object', kind.plural)
})
