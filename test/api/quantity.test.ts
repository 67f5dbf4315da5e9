import t from 'tap'
import { addQuantities, formatQuantity, parseQuantity, roundedToMilli } from '../../src/api/quantity.ts'

// What is written is compared with a real server's answers in test/sandbox/apiserver/kinds.
t.test('what is no quantity is none', async (t) => {
  for (const text of ['', '.', 'x', '1x', '1 Gi', '1KI', '1K i', '--1', '1e', '0x10', '1e1000', 'Ki']) t.equal(parseQuantity(text), undefined, text)
})

t.test('amounts are added exactly', async (t) => {
  const sum = (a: string, b: string): string => formatQuantity(addQuantities(parseQuantity(a)!, parseQuantity(b)!))
  t.equal(sum('100m', '0.9'), '1')
  t.equal(sum('1Gi', '1Mi'), '1025Mi')
  t.equal(sum('0', '1Gi'), '1Gi')
  t.equal(sum('-1', '1'), '0')
})

t.test('resources are rounded up to thousandths', async (t) => {
  const rounded = (text: string): string => formatQuantity(roundedToMilli(parseQuantity(text)!))
  t.equal(rounded('1.0001'), '1001m')
  t.equal(rounded('-1.0001'), '-1')
  t.equal(rounded('1u'), '1m')
  t.equal(rounded('5'), '5')
})
