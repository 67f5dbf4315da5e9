// Whatever people do and whatever fails, in whatever order: nothing is broken on the way, and in peace every release reaches its end.
import t from 'tap'
import { randomFrom } from '../edge/http/harness.ts'
import { type Faults, walk } from './walk.ts'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const walks = Number(process.env['TEST_WALKS'] ?? 40)
t.comment(`seed ${seed} (TEST_SEED=${seed} repeats this run, TEST_WALKS=${walks} its length)`)

const none: Faults = { writes: 0, lags: false, edges: false, pods: false }
const kinds: readonly (readonly [name: string, faults: Faults])[] = [
  ['people alone', none],
  ['pods that fail', { ...none, pods: true }],
  ['edges that fail', { ...none, edges: true }],
  ['a controller that crashes, and writes that are refused', { ...none, writes: 100 }],
  ['knowledge that is late', { ...none, lags: true }],
  ['all of it at once', { writes: 100, lags: true, edges: true, pods: true }],
]

for (const [index, [name, faults]] of kinds.entries())
  t.test(name, async (t) => {
    let passes = 0
    for (let nth = 0; nth < walks; nth++) {
      const own = (seed + 7_919 * (nth * kinds.length + index)) >>> 0
      const result = walk(randomFrom(own), faults, 8)
      passes += result.passes
      if (result.broken.length === 0) continue
      t.fail(`walk ${own} breaks something`, { broken: result.broken, deeds: result.deeds })
      if (nth > 3) break
    }
    t.pass(`${walks} walks, ${passes} passes`)
  })
