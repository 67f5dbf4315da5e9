/** Nanoseconds per pick, the best of five runs each: node bench/micro/pick.ts */
import { type Picker, picker } from '../../src/edge/pick.ts'

const cases: readonly (readonly number[])[] = [
  [100],
  [95, 5],
  [999_999, 1],
  [90, 7, 3],
  [500_003, 300_007, 199_990],
  [300_003, 200_003, 150_001, 120_007, 100_003, 80_021, 30_011, 19_951],
]

function nanosPerPick(one: Picker, picks: number): number {
  let sum = 0
  const start = process.hrtime.bigint()
  for (let i = 0; i < picks; i++) sum += one.next()
  const nanos = Number(process.hrtime.bigint() - start)
  if (sum < 0) throw new Error('unreachable; keeps the loop alive')
  return nanos / picks
}

// Every kind is warmed up first, so that each is measured with the call site as mixed as it is in a worker that serves them all.
for (const weights of cases) nanosPerPick(picker(weights, 0.3), 200_000)
for (const weights of cases) {
  const runs = Array.from({ length: 5 }, (_, run) => nanosPerPick(picker(weights, run / 5), 1_000_000))
  const start = process.hrtime.bigint()
  for (let i = 0; i < 20; i++) picker(weights, i / 20)
  const build = Number(process.hrtime.bigint() - start) / 20_000
  console.log(
    `${weights.join('/').padEnd(60)} ${Math.min(...runs)
      .toFixed(1)
      .padStart(7)} ns a pick ${build.toFixed(0).padStart(7)} µs to build`,
  )
}
const steady = picker([90, 7, 3], 0.5)
const start = process.hrtime.bigint()
let one = steady
for (let i = 0; i < 10_000; i++) one = one.reweighted(i % 2 === 0 ? [80, 15, 5] : [90, 7, 3], [0, 1, 2])
console.log(`${(Number(process.hrtime.bigint() - start) / 1e7).toFixed(2)} µs a change of weights of three`)
