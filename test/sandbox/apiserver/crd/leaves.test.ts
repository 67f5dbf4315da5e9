import t from 'tap'
import { compileRule } from '../../../../src/sandbox/apiserver/crd/celRule.ts'
import { hasFormat } from '../../../../src/sandbox/apiserver/crd/formats.ts'
import { parseJsonPath } from '../../../../src/sandbox/apiserver/crd/jsonPath.ts'
import type { Schema } from '../../../../src/sandbox/apiserver/schema/schema.ts'
import type { Json } from '../../../../src/sandbox/unstructured.ts'

t.test('JSON paths of columns', async (t) => {
  const object = {
    spec: { replicas: 2, 'a.b': 'dotted', list: [{ n: 1 }, { n: 2 }, { n: 3 }], empty: null },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Done', status: 'False' },
      ],
    },
  }
  const rows: readonly (readonly [path: string, found: readonly Json[] | undefined])[] = [
    ['.spec.replicas', [2]],
    ['.spec.none.deeper', []],
    ['.spec.empty', [null]],
    [`.spec['a.b']`, ['dotted']],
    ['.spec.a\\.b', ['dotted']],
    ['.spec.list[0].n', [1]],
    ['.spec.list[-1].n', [3]],
    ['.spec.list[7].n', []],
    ['.spec.list[*].n', [1, 2, 3]],
    ['.spec.list[1:].n', [2, 3]],
    ['.spec.list[?(@.n>1)].n', [2, 3]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [`.status.conditions[?(@.type=='Done')].status`, ['False']],
    ['.status.conditions[?(@.type!="Done")].status', ['True']],
    ['.status.conditions[?(@.reason)].status', []],
    ['..status', [object.status, 'True', 'False']],
    ['spec', undefined],
    ['.spec[', undefined],
    ['.spec.list[?(@.n~1)]', undefined],
  ]
  for (const [path, found] of rows) t.strictSame(parseJsonPath(path)?.(object), found, path)
})

t.test('rules of CEL with what Kubernetes adds', async (t) => {
  const schema: Schema = {
    type: 'object',
    properties: {
      n: { type: 'integer' },
      x: { type: 'number' },
      s: { type: 'string' },
      at: { type: 'string', format: 'date-time' },
      for: { type: 'string', format: 'duration' },
      port: { intOrString: true },
      list: { type: 'array', items: { type: 'integer' } },
      map: { type: 'object', additionalProperties: { type: 'integer' } },
    },
  }
  const value: Json = { n: 3, x: 0.5, s: 'canary-1', at: '2026-01-02T03:04:05Z', for: '90s', port: 8080, list: [1, 2, 3], map: { 'a-b': 1 } }
  const rows: readonly (readonly [rule: string, holds: boolean])[] = [
    ['self.n > 2 && self.n <= 3', true],
    ['self.x < 1.0', true],
    [`self.s.startsWith('canary') && self.s.matches('^[a-z]+-[0-9]$')`, true],
    [`self.s.matches('(?i)CANARY')`, true],
    [`self.s.find('[0-9]+') == '1' && self.s.replace('canary', 'c') == 'c-1' && self.s.split('-')[0].upperAscii() == 'CANARY'`, true],
    [`self.at < timestamp('2026-02-01T00:00:00Z')`, true],
    [`self.__for__ > duration('1m')`, true],
    ['type(self.port) == int && int(self.port) > 1024', true],
    ['self.list.isSorted() && self.list.sum() == 6 && self.list.max() == 3 && self.list.indexOf(2) == 1', true],
    ['sets.contains(self.list, [1, 2]) && !sets.intersects(self.list, [4])', true],
    [`'a-b' in self.map && self.map['a-b'] == 1`, true],
    ['self.list.exists_one(i, i == 2) && self.list.filter(i, i > 1).size() == 2', true],
    [`quantity('1Gi').isGreaterThan(quantity('500M')) && isQuantity('1k') && !isQuantity('k')`, true],
    [`isIP('::1') && !isIP('1.2.3') && isCIDR('10.0.0.0/8')`, true],
    ['has(self.n) ? self.n == 4 : true', false],
  ]
  for (const [rule, holds] of rows) {
    const compiled = compileRule({ rule }, schema)
    t.equal('holds' in compiled ? compiled.holds(value, undefined) : compiled.detail, holds, rule)
  }
  const optional = compileRule({ rule: 'oldSelf.orValue(self) == self', optionalOldSelf: true }, { type: 'string' })
  if (!('holds' in optional)) throw new Error(optional.detail)
  t.strictSame([optional.holds('a', undefined), optional.holds('a', 'a'), optional.holds('a', 'b')], [true, true, false], 'an optional earlier self')
  for (const rule of ['self.colour == 1', 'self.n +', 'nobody > 1', 'self.n + 1'])
    t.ok('detail' in compileRule({ rule }, schema), `${rule} is refused`)
})

t.test('formats', async (t) => {
  const rows: readonly (readonly [format: string, right: readonly string[], wrong: readonly string[]])[] = [
    ['date', ['2026-02-28'], ['2026-02-30', '26-1-1']],
    ['date-time', ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123+02:00'], ['2026-01-02', '2026-13-02T03:04:05Z']],
    ['duration', ['1h', '22 ns', '1.5s'], ['h', 'soon']],
    ['ipv4', ['1.2.3.4'], ['1.2.3', '::1']],
    ['ipv6', ['::1'], ['1.2.3.4']],
    ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33']],
    ['hostname', ['example.com'], ['-a', 'a_b']],
    ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
    ['byte', ['aGk=', ''], ['a', '???=']],
    ['k8s-short-name', ['a-b'], ['A', '-a']],
    ['isbn', ['0321751043', '978-0321751041'], ['0321751044']],
  ]
  for (const [format, right, wrong] of rows) {
    for (const text of right) t.equal(hasFormat(format, text), true, `${format}: ${text}`)
    for (const text of wrong) t.equal(hasFormat(format, text), false, `${format}: not ${text}`)
  }
  t.equal(hasFormat('int32', '1'), undefined)
})
