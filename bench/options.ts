import { parseArgs } from 'node:util'
import { type ContenderName, contenderNames } from './contenders/contender.ts'
import { type ScenarioName, scenarioNames } from './scenarios/scenario.ts'

/** What can be measured in pairs of an old and a new edge. */
export const pairNames = ['keepalive-get', 'keepalive-get-sticky', 'reply-64k', 'post-4k', 'connection-per-request'] as const satisfies ScenarioName[]
export type PairName = (typeof pairNames)[number]

export const usage = `usage: npm run bench -- [options]

Compares Spillway with other proxies: one core for the contender, wrk and an NGINX origin on another.

  --quick            only keepalive-get, 4 rounds of 2 seconds; under 90 seconds
  --scenarios a,b    ${wrapped(scenarioNames)}
  --contenders a,b   ${wrapped(contenderNames)}
  --repeat N         rounds; figures are medians over them (default: 3, 2 for idle-10000)
  --seconds N        length of one load run (default: 3)
  --json FILE        write the rows as JSON
  --report FILE      write the Markdown report (default: bench/results/README.md, by a run of everything only)
  --help             this text

With --against REF: this tree against the Spillway of a commit, in interleaved pairs. Prints the ratio of CPU per request with its 95 % interval;
exit code 1 if its upper end is above 1.05 (1.1 for keepalive-get-sticky, which compares stickiness with the same requests to a REF without it).

  --pairs N          how many (default: 10)
  --scenarios a,b    ${wrapped(pairNames)} (default: keepalive-get)
`

export type Options =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'pairs'
      readonly ref: string
      readonly scenarios: readonly PairName[]
      readonly pairs: number
      readonly seconds: number
      readonly jsonFile: string | undefined
    }
  | {
      readonly kind: 'run'
      readonly scenarios: readonly ScenarioName[]
      readonly contenders: readonly ContenderName[]
      readonly repeat: number | undefined
      readonly seconds: number
      readonly jsonFile: string | undefined
      /** `default` is written only when nothing was left out of the run. */
      readonly reportFile: { readonly kind: 'default' } | { readonly kind: 'named'; readonly file: string }
    }

/** Throws with a message for the user when the arguments cannot be meant. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      quick: { type: 'boolean', default: false },
      scenarios: { type: 'string' },
      contenders: { type: 'string' },
      repeat: { type: 'string' },
      seconds: { type: 'string' },
      against: { type: 'string' },
      pairs: { type: 'string' },
      json: { type: 'string' },
      report: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return { kind: 'help' }
  if (values.against !== undefined)
    return {
      kind: 'pairs',
      ref: values.against,
      scenarios: chosen('--scenarios', values.scenarios, pairNames) ?? ['keepalive-get'],
      pairs: count('--pairs', values.pairs) ?? 10,
      seconds: count('--seconds', values.seconds) ?? 3,
      jsonFile: values.json,
    }
  if (values.pairs !== undefined) throw new Error('--pairs: of what? --against REF tells')
  const defaultScenarios: readonly ScenarioName[] = values.quick ? ['keepalive-get'] : scenarioNames
  return {
    kind: 'run',
    scenarios: chosen('--scenarios', values.scenarios, scenarioNames) ?? defaultScenarios,
    contenders: chosen('--contenders', values.contenders, contenderNames) ?? contenderNames,
    repeat: count('--repeat', values.repeat) ?? (values.quick ? 4 : undefined),
    seconds: count('--seconds', values.seconds) ?? (values.quick ? 2 : 3),
    jsonFile: values.json,
    reportFile: values.report === undefined ? { kind: 'default' } : { kind: 'named', file: values.report },
  }
}

/** In the order of the known names, whatever order they were given in. */
function chosen<Name extends string>(option: string, value: string | undefined, known: readonly Name[]): readonly Name[] | undefined {
  if (value === undefined) return undefined
  const given = value.split(',').map((name) => name.trim())
  const unknown = given.find((name) => !(known as readonly string[]).includes(name))
  if (unknown !== undefined) throw new Error(`${option}: unknown name "${unknown}"; known are ${known.join(', ')}`)
  return known.filter((name) => given.includes(name))
}

function count(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 100) throw new Error(`${option}: a whole number from 1 to 100, not "${value}"`)
  return number
}

function wrapped(names: readonly string[]): string {
  const half = Math.ceil(names.length / 2)
  return `${names.slice(0, half).join(', ')},\n                     ${names.slice(half).join(', ')}`
}
