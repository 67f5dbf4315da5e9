import fc from 'fast-check'
import t from 'tap'
import { least, most, openHistogram } from '../../src/lib/histogram.ts'

t.test('the middle of its cell is within 0.4 % of any value', (t) => {
  const seed = Date.now() & 0x7fffffff
  t.comment(`seed ${seed}`)
  const powers = Array.from({ length: 34 }, (_, octave) => least * 2 ** octave)
  const values = fc.oneof(fc.constantFrom(...powers), fc.double({ min: Math.log(least), max: Math.log(most) - 1e-9, noNaN: true }).map(Math.exp))
  fc.assert(
    fc.property(values, (value) => {
      const histogram = openHistogram()
      histogram.add(value)
      const [cell, ...others] = histogram.cells()
      if (cell === undefined || others.length > 0 || cell.count !== 1) return false
      const middle = (cell.low + cell.high) / 2
      return Math.abs(middle - value) <= value * 0.004 && histogram.max() === value
    }),
    { seed, numRuns: 2_000 },
  )
  t.end()
})

t.test('cells are ascending, without overlap, and hold everything', (t) => {
  const histogram = openHistogram()
  const values = Array.from({ length: 5_000 }, (_, i) => least * 1.01 ** (i % 2_000))
  for (const value of values) histogram.add(value)
  const cells = histogram.cells()
  t.equal(
    cells.reduce((sum, cell) => sum + cell.count, 0),
    values.length,
  )
  t.equal(histogram.count(), values.length)
  t.ok(
    cells.every((cell, i) => cell.low < cell.high && (i === 0 || cells[i - 1]!.high <= cell.low)),
    'in order',
  )
  t.end()
})

t.test('what is outside of its range counts as the nearest, and the maximum stays exact', (t) => {
  const histogram = openHistogram()
  for (const value of [0, -1, Number.NaN, 1e-9]) histogram.add(value)
  t.match(histogram.cells(), [{ low: least, count: 4 }])
  histogram.add(most * 10)
  t.equal(histogram.max(), most * 10)
  t.equal(histogram.count(), 5)
  t.end()
})
