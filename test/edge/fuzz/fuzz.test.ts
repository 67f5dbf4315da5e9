// Our HTTP/1.1 parser against Node's own: a bounded share of `npm run fuzz` (promise E29).
import t from 'tap'
import { fuzz, judge } from './campaign.ts'
import { requestSeeds, responseSeeds } from './corpus.ts'
import { randomFor } from './random.ts'

const inputs = 100_000
const inputsAtLeast = 5_000
const withinMs = 18_000

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

void t.test('what is known to tell parsers apart does not tell ours from llhttp', async (t) => {
  for (const [kind, seeds] of [
    ['request', requestSeeds],
    ['response', responseSeeds],
  ] as const) {
    for (const [at, text] of seeds.entries()) t.same(judge(kind, text, randomFor(seed, at)).problems, [], JSON.stringify(text.slice(0, 120)))
  }
})

void t.test('E29 whatever we accept, llhttp accepts with the same meaning', async (t) => {
  const report = fuzz({ seed, inputs, withinMs })
  t.comment(
    `seed ${seed}: ${report.inputs} inputs, ${report.acceptedInputs} accepted with ${report.acceptedMessages} messages, in ${report.seconds.toFixed(1)} s`,
  )
  t.same(report.findings, [], `again: npm run fuzz -- --seed ${seed} --inputs ${inputs}`)
  t.ok(report.inputs >= inputsAtLeast, 'enough inputs to mean something')
  t.ok(report.acceptedInputs > report.inputs / 5, 'enough of them accepted')
})
