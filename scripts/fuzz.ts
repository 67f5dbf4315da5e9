// Holds the HTTP/1.1 parser against Node's own. Usage: npm run fuzz -- [--inputs 1000000] [--seed S] [--from N]
import { parseArgs } from 'node:util'
import { fuzz, type Report } from '../test/edge/fuzz/campaign.ts'

const { values } = parseArgs({ options: { inputs: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } } })

function whole(name: 'inputs' | 'seed' | 'from', otherwise: number): number {
  const text = values[name]
  if (text === undefined) return otherwise
  if (/^[0-9]{1,10}$/.test(text)) return Number(text)
  console.error(`--${name} ${text}: a whole number is wanted`)
  return process.exit(2)
}

const inputs = whole('inputs', 1_000_000)
const seed = whole('seed', Math.floor(Math.random() * 2 ** 31))
const startedAt = performance.now()

function show(report: Report): void {
  const seconds = (performance.now() - startedAt) / 1000
  const rate = Math.round(report.inputs / seconds)
  console.log(`${report.inputs} inputs in ${seconds.toFixed(1)} s (${rate}/s), ${report.acceptedInputs} accepted, ${report.findings.length} findings`)
}

console.log(`seed ${seed}, ${inputs} inputs`)
const report = fuzz({ seed, inputs, from: whole('from', 0), onProgress: show })
show(report)
for (const { input, kind, bytes, problem } of report.findings) {
  console.log(`\ninput ${input}, a ${kind} (again: --seed ${seed} --from ${input} --inputs 1), shortened to\n${JSON.stringify(bytes)}\n${problem}`)
}
console.log(
  `seed ${seed}: ${report.inputs} inputs (${report.requests} from clients, ${report.inputs - report.requests} from upstreams; ` +
    `${Math.round(report.bytes / report.inputs)} bytes each), ${report.acceptedInputs} accepted with ${report.acceptedMessages} messages, ` +
    `${report.findings.length} findings in ${report.seconds.toFixed(1)} s`,
)
process.exitCode = report.findings.length > 0 ? 1 : 0
