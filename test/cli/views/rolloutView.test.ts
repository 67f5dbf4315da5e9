// The golden text stands in rolloutViews.txt; UPDATE=1 writes it anew.
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { rolloutTable } from '../../../src/cli/views/rolloutList.ts'
import { rolloutLines } from '../../../src/cli/views/rolloutView.ts'
import { renderLines } from '../../../src/cli/views/text.ts'
import { families, now } from './families.ts'

const plain = { colors: false }
const path = 'test/cli/views/rolloutViews.txt'

const drawn = Object.entries(families).map(([name, family]) => {
  const view = renderLines(rolloutLines(family, { now, program: 'spillway', isWide: true }), plain)
  return `=== ${name}\n${view}--- list\n${renderLines(rolloutTable([family.rollout], { withNamespace: true }), plain)}`
})
if (process.env['UPDATE']) writeFileSync(path, drawn.join('\n'))

t.test('rollouts in many states', (t) => {
  const golden = readFileSync(path, 'utf8').split(/\n(?==== )/)
  for (const [index, text] of drawn.entries()) t.equal(text.trimEnd(), golden[index]?.trimEnd(), Object.keys(families)[index]!)
  t.equal(golden.length, drawn.length)
  t.end()
})

t.test('what Argo Rollouts’ own tool does not show is for those who ask', (t) => {
  const narrow = renderLines(rolloutLines(families['canary']!, { now, program: 'spillway', isWide: false }), plain)
  t.notMatch(narrow, /Next:|Traffic:|req\/s/)
  t.match(narrow, /^Name: {12}shop\n[\s\S]* {2}Available: {5}5\n\nNAME {2}/)
  t.end()
})

t.test('colours, at a terminal', (t) => {
  const lines = rolloutLines(families['canary']!, { now, program: 'spillway', isWide: true })
  const text = renderLines(lines, { colors: true })
  t.match(text, '⧉ \u001b[33mshop-5f7c\u001b[0m')
  t.match(text, '\u001b[31m✖\u001b[0m 1')
  t.equal(text.replace(/\u001b\[\d+m/g, ''), renderLines(lines, plain), 'and they change no column')
  for (const line of renderLines(lines, { colors: false, columns: 40 }).split('\n')) t.ok(line.length <= 40)
  t.end()
})
