// How many connections may wait to be accepted.
import t from 'tap'
import { type Crowd, crowd, mostWaiting, type Queue, smallCrowd } from '../../../src/edge/pressure/crowd.ts'
import { openWait } from '../../../src/edge/pressure/wait.ts'

/** A door that accepts one connection in 10 ms. */
const wait = (waitMs: number, isShrinking = false, perMs = 0.1): Queue => ({ waitMs, isShrinking, perMs })
const times = (count: number, queue: Queue): Queue[] => Array.from({ length: count }, () => queue)

type Row = { readonly name: string; readonly queues: readonly Queue[][]; readonly most: number }
const rows: readonly Row[] = [
  { name: 'nothing happens', queues: [times(100, wait(0))], most: mostWaiting },
  { name: 'connections wait for a moment', queues: [times(3, wait(900)), times(5, wait(100))], most: mostWaiting },
  { name: 'a burst that gets shorter', queues: [times(2, wait(900)), times(20, wait(600, true))], most: mostWaiting },
  { name: 'a few hundred connections in a closed loop', queues: [times(1_000, wait(120))], most: mostWaiting },
  { name: 'they have to wait', queues: [times(4, wait(300))], most: 15 },
  { name: 'they have to wait, and ever fewer are accepted', queues: [times(4, wait(300)), times(4, wait(300, false, 0.06))], most: 9 },
  { name: 'more are accepted again while they still wait', queues: [times(4, wait(300)), times(4, wait(300, false, 2))], most: 15 },
  { name: 'hardly any are accepted', queues: [times(10, wait(9_000, false, 0.001))], most: 8 },
  { name: 'few that wait a little keep it so', queues: [times(4, wait(300)), times(100, wait(100))], most: 15 },
  { name: 'nobody waits any more', queues: [times(4, wait(300)), times(10, wait(0))], most: mostWaiting },
]

for (const { name, queues, most } of rows)
  t.test(`${name}: ${most}`, (t) => {
    t.equal(queues.flat().reduce<Crowd>(crowd, smallCrowd).most, most)
    t.end()
  })

t.test('how long they wait', (t) => {
  let length = 0
  const look = openWait({ length: () => length, doors: 4 })
  let came = 0
  let nowMs = 0
  const after = (accepted: number, waiting: number, passedMs = 50): Queue => {
    came += accepted
    nowMs += passedMs
    length = waiting
    return look(came, nowMs)
  }
  for (let n = 0; n < 40; n++) after(10, 0)
  t.match(after(10, 0), { waitMs: 0 }, 'nobody')
  t.ok(Math.abs(after(10, 20).waitMs - 100) < 1, 'by how many are accepted')
  t.ok(after(10, 10).isShrinking, 'fewer than before')
  t.notOk(after(10, 10).isShrinking, 'as many as before')
  t.ok(Math.abs(after(10, 20).perMs - 0.05) < 0.001, 'of four doors, each accepts a quarter')
  t.ok(after(4, 20, 200).waitMs < 200, 'one long round is not taken for the usual')
  t.equal(after(100, 100).waitMs, 50, 'a burst is taken as it is')
  t.equal(after(2, 100).waitMs, 0, 'so few come that there is nothing to look at')
  t.end()
})
