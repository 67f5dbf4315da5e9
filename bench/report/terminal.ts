import type { Failure } from '../rounds.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { type Table, tableOf } from './cells.ts'
import { doubtOf, type Goal } from './goals.ts'
import type { Row } from './rows.ts'

export type Findings = {
  readonly scenarios: readonly Scenario[]
  readonly rows: readonly Row[]
  readonly failures: readonly Failure[]
  /** Contenders that did not take part at all, and why. */
  readonly absentees: readonly { readonly contender: string; readonly reason: string }[]
  readonly goals: readonly Goal[]
}

export function terminalReport({ scenarios, rows, failures, absentees, goals }: Findings): string {
  const parts = scenarios
    .filter(({ name }) => rows.some((row) => row.scenario === name))
    .map((scenario) => `${scenario.name}: ${scenario.what}\n\n${aligned(tableOf(scenario.name, rows))}`)
  const measured = goals.filter(({ verdict }) => verdict !== 'not measured')
  if (measured.length > 0) parts.push(`Goals\n\n${aligned(goalTable(measured))}`)
  const doubt = doubtOf(rows)
  if (doubt) parts.push(doubt)
  const missing = [
    ...absentees.map(({ contender, reason }) => `not measured: ${contender}: ${reason}`),
    ...failures.map(({ contender, scenario, reason }) => `not measured: ${contender} in ${scenario}: ${reason}`),
  ]
  if (missing.length > 0) parts.push(missing.join('\n'))
  return `${parts.join('\n\n')}\n`
}

export function goalTable(goals: readonly Goal[]): Table {
  return {
    head: ['goal', 'to reach', 'moonshot', 'measured', ''],
    body: goals.map((goal) => [goal.name, goal.toReach, goal.moonshot, goal.measured, goal.verdict]),
  }
}

/** The first column to the left, figures to the right. */
export function aligned({ head, body }: Table): string {
  const lines = [head, ...body]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  const pad = (text: string, column: number): string => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))
  return lines.map((line) => `  ${line.map(pad).join('  ')}`.trimEnd()).join('\n')
}
