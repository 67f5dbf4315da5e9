import fc from 'fast-check'
import t from 'tap'
import {
  difference,
  emptySet,
  type FieldSet,
  hasField,
  intersection,
  isEmptySet,
  pathsOf,
  setOf,
  union,
  withoutSubtrees,
} from '../../../../src/sandbox/apiserver/apply/fieldSet.ts'
import { fieldsV1, parseFieldsV1 } from '../../../../src/sandbox/apiserver/apply/fieldsV1.ts'
import { pathText } from '../../../../src/sandbox/apiserver/apply/pathElement.ts'

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1')
const sets = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 6 }).map((paths) => setOf(...paths))
const texts = (set: FieldSet): readonly string[] => pathsOf(set).map(pathText).sort()

/** Runs print the seed when they fail. */
function always(holds: (a: FieldSet, b: FieldSet) => boolean): void {
  fc.assert(fc.property(sets, sets, holds), { numRuns: 300 })
}

t.test('sets of fields are sets', async () => {
  always((a, b) => texts(union(a, b)).join() === [...new Set([...texts(a), ...texts(b)])].sort().join())
  always(
    (a, b) =>
      texts(intersection(a, b)).join() ===
      texts(a)
        .filter((path) => texts(b).includes(path))
        .join(),
  )
  always(
    (a, b) =>
      texts(difference(a, b)).join() ===
      texts(a)
        .filter((path) => !texts(b).includes(path))
        .join(),
  )
  always((a, b) => isEmptySet(difference(a, union(a, b))))
  always((a, b) => pathsOf(withoutSubtrees(a, b)).every((path) => !path.some((_, at) => hasField(b, path.slice(0, at + 1)))))
})

t.test('FieldsV1 is written and read', async (t) => {
  always((a) => texts(parseFieldsV1(fieldsV1(a)) ?? emptySet).join() === texts(a).join())
  const written = { 'f:spec': { 'f:containers': { 'k:{"name":"web","port":80}': { '.': {}, 'f:image': {} } }, 'f:finalizers': { 'v:"a/b"': {} } } }
  const set = parseFieldsV1(written)
  t.strictSame(set && fieldsV1(set), written)
  t.strictSame(set && texts(set), ['.spec.containers[name="web",port=80]', '.spec.containers[name="web",port=80].image', '.spec.finalizers[="a/b"]'])
  t.strictSame(parseFieldsV1({ 'k:{"b":1,"a":2}': {} })?.below.keys().next().value, 'k:{"a":2,"b":1}', 'keys come in one order')
  for (const odd of [1, { 'f:a': 1 }, { 'x:a': {} }, { 'k:1': {} }, { 'v:': {} }]) t.equal(parseFieldsV1(odd), undefined)
})
