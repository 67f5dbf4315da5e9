import t from 'tap'
import { humanDuration, labelText, selectorText } from '../../../../src/sandbox/apiserver/kinds/cells.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000] as const

// As kubectl 1.34 shows them.
const durations: readonly (readonly [number, string])[] = [
  [-2 * second, '<invalid>'],
  [-second, '0s'],
  [999, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [9 * minute + 59 * second, '9m59s'],
  [10 * minute + second, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + minute, '3h1m'],
  [8 * hour + 59 * minute, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + hour, '2d1h'],
  [8 * day + hour, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [731 * day, '2y1d'],
  [2920 * day + 5 * day, '8y'],
]

t.test('durations are told in two or three digits', async (t) => {
  for (const [ms, shown] of durations) t.equal(humanDuration(ms), shown)
})

t.test('labels and selectors are told sorted', async (t) => {
  t.equal(labelText(undefined), '<none>')
  t.equal(labelText({ b: '2', a: '1' }), 'a=1,b=2')
  t.equal(selectorText({}), '<none>')
  t.equal(selectorText({ matchLabels: { b: '1' }, matchExpressions: [{ key: 'a', operator: 'In', values: ['y', 'x'] }] }), 'a in (x,y),b=1')
  t.equal(
    selectorText({
      matchExpressions: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', operator: 'DoesNotExist' },
      ],
    }),
    'a,!b',
  )
})
