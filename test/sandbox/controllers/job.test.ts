import t from 'tap'
import { openGarbageCollector } from '../../../src/sandbox/controllers/garbage/controller.ts'
import { openJobController } from '../../../src/sandbox/controllers/job/controller.ts'
import { formatIndexes, freeIndexes, parseIndexes } from '../../../src/sandbox/controllers/job/indexes.ts'
import { ttlController } from '../../../src/sandbox/controllers/job/ttl.ts'
import { compareWithRecorded } from './scenario/compare.ts'
import { jobScenarios } from './scenario/jobs.ts'

compareWithRecorded('jobs', jobScenarios, () => [openJobController(), ttlController, openGarbageCollector()])

for (const { indexes, text } of [
  { indexes: [], text: '' },
  { indexes: [0], text: '0' },
  { indexes: [0, 1], text: '0,1' },
  { indexes: [0, 1, 2], text: '0-2' },
  { indexes: [1, 3, 4, 5, 7, 8, 10], text: '1,3-5,7,8,10' },
])
  t.test(`indexes ${text || '(none)'}`, (t) => {
    t.equal(formatIndexes(indexes), text)
    t.same(parseIndexes(text, 100), indexes)
    t.end()
  })

t.test('indexes beyond the completions, and what is none, are passed over', (t) => {
  t.same(parseIndexes('0-5,x,9', 4), [0, 1, 2, 3])
  t.same(freeIndexes(new Set([0, 2, -1]), 2, 4), [1, 3])
  t.same(freeIndexes(new Set(), 5, 2), [0, 1])
  t.end()
})
