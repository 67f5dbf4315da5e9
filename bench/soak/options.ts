import { parseArgs } from 'node:util'

export const soakUsage = `usage: npm run soak -- [options]

Mixed traffic and seeded faults against an edge with two workers; every failure is judged. Exit code 1 if one is unexplained.

  --minutes N     how long (default: 60)
  --seed N        chooses requests and faults (default: a random one, which is told)
  --source        runs the edge from its sources instead of a build
  --json          prints the figures as JSON
  --report FILE   writes them as Markdown, as to bench/results/soak.md
  --help          this text
`

export type SoakCommand =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'run'
      readonly seconds: number
      readonly seed: number
      readonly isFromSource: boolean
      readonly json: boolean
      readonly reportFile: string | undefined
    }

/** Throws with a message for the user when the arguments cannot be meant. */
export function parseSoakOptions(args: readonly string[]): SoakCommand {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      minutes: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      source: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      report: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { kind: 'help' }
  const minutes = Number(values.minutes)
  if (!(minutes > 0 && minutes <= 10_000)) throw new Error(`--minutes: a number above 0, up to 10,000, not "${values.minutes}"`)
  const seed = Number(values.seed)
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) throw new Error(`--seed: a whole number below 2^31, not "${values.seed}"`)
  return { kind: 'run', seconds: minutes * 60, seed, isFromSource: values.source, json: values.json, reportFile: values.report }
}
