import t from 'tap'
import { hasAll, type LabelSelector, selects } from '../../src/api/selector.ts'

const labels = { app: 'shop', tier: 'web' }

const cases: readonly { readonly selector: LabelSelector | undefined; readonly selected: boolean }[] = [
  { selector: undefined, selected: false },
  { selector: {}, selected: true },
  { selector: { matchLabels: { app: 'shop' } }, selected: true },
  { selector: { matchLabels: { app: 'shop', tier: 'db' } }, selected: false },
  { selector: { matchLabels: { toString: 'x' } }, selected: false },
  { selector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['web', 'db'] }] }, selected: true },
  { selector: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, selected: false },
  { selector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] }, selected: false },
  { selector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, selected: true },
  { selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, selected: true },
  { selector: { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, selected: false },
  { selector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, selected: false },
  { selector: { matchLabels: { app: 'shop' }, matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, selected: true },
]

for (const { selector, selected } of cases)
  t.test(`${JSON.stringify(selector)} ${selected ? 'selects' : 'does not select'} ${JSON.stringify(labels)}`, (t) => {
    t.equal(selects(selector, labels), selected)
    t.end()
  })

t.test('a Service selects pods that have all of its labels', (t) => {
  t.equal(hasAll(labels, { app: 'shop' }), true)
  t.equal(hasAll(labels, { app: 'shop', x: 'y' }), false)
  t.end()
})
