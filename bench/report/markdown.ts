import { type Table, tableOf } from './cells.ts'
import { doubtOf } from './goals.ts'
import type { Machine } from './machine.ts'
import { type Findings, goalTable } from './terminal.ts'

export type Conditions = { readonly machine: Machine; readonly date: string; readonly seconds: number; readonly command: string }

/** The report that is kept with the code; `date` is a day, as the run is not more repeatable than that. */
export function markdownReport(findings: Findings, { machine, date, seconds, command }: Conditions): string {
  const { scenarios, rows, failures, absentees, goals } = findings
  const measured = scenarios.filter(({ name }) => rows.some((row) => row.scenario === name))
  const doubt = doubtOf(rows)
  const missing = [
    ...absentees.map(({ contender, reason }) => `- ${contender}: ${oneLine(reason)}`),
    ...failures.map(({ contender, scenario, reason }) => `- ${contender} in ${scenario}: ${oneLine(reason)}`),
  ]
  return `${[
    '# Bench results',
    `Written by \`${command}\` on ${date}. Run it again to replace this file; figures of different runs or machines do not compare, ratios within one run do.`,
    '## Goals',
    markdownTable(goalTable(goals)),
    ...(doubt ? [doubt] : []),
    ...measured.flatMap(({ name, what }) => [`## ${name}`, `${what[0]?.toUpperCase()}${what.slice(1)}.`, markdownTable(tableOf(name, rows))]),
    ...(missing.length > 0 ? ['## Not measured', missing.join('\n')] : []),
    '## How',
    howItIsMeasured(seconds),
    '## Machine',
    markdownTable({ head: ['', ''], body: Object.entries(machine) }),
  ].join('\n\n')}\n`
}

function howItIsMeasured(seconds: number): string {
  return `One core runs the contender; wrk (one thread) and the origin (one NGINX process, two ports) share another. Load runs last ${seconds} s; contenders take turns
round by round. Figures are medians over the rounds, errors are sums, and "Spillway ÷ it" is the median of the ratios of CPU per request within each round.
CPU is user and system time of the contender's processes, threads and ended children from \`/proc\`, divided by the requests that wrk completed. RSS counts pages shared by
several processes of a contender once for each.

All do the same work: 80/20 between two versions, \`X-Canary: true\` to the canary, kept connections to the origin, \`X-Forwarded-For\`, no access log; NGINX has \`stub_status\`
and HAProxy its statistics on, Spillway counts each request per version, status and duration, and makes an \`X-Request-ID\`. Before anything is measured, each must split 1,000 requests right.
Weights change by \`PATCH /v1/splits/shop\` (Spillway), a rewritten file and SIGHUP (NGINX), the runtime socket (HAProxy), and a variable in the process (the Node peers).

In \`overload\` five processes that do nothing but spin share the contender's core, the origin does not read its requests, and the load comes at its rate whatever becomes
of earlier requests. Its figures count only where the load kept up: where requests were sent long after they were due, as *load behind* tells, nothing is known.

To compare with an earlier commit, run \`npm run bench -- --against REF --pairs 10\`: it builds both, runs them side by side in one run, and prints the ratio of
CPU per request with its 95 % interval, whose upper end is to stay ≤ 1.05. Commit 5c7d94e is the last before stickiness: against it,
\`--scenarios keepalive-get,keepalive-get-sticky\` tells what stickiness costs where it is off (≤ 1.05) and where every request brings a valid cookie (≤ 1.1).`
}

export function markdownTable({ head, body }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '--:')).join('|')}|`
  return [line(head), rule, ...body.map(line)].join('\n')
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' / ')
}
