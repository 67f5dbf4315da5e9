import type { ScenarioName } from '../scenarios/scenario.ts'
import type { Row } from './rows.ts'

export type Table = { readonly head: readonly string[]; readonly body: readonly (readonly string[])[] }

type Column = { readonly head: string; readonly cell: (row: Row) => string }

const usualColumns: readonly Column[] = [
  { head: 'contender', cell: (row) => row.contender },
  { head: 'req/s', cell: (row) => figure(row.requestsPerSecond, 0) },
  { head: 'CPU µs/req', cell: (row) => figure(row.cpuMicrosPerRequest, 1) },
  { head: 'Spillway ÷ it', cell: (row) => figure(row.spillwayCpuRatio, 2) },
  { head: 'p50 ms', cell: (row) => figure(row.p50Ms, 2) },
  { head: 'p99 ms', cell: (row) => figure(row.p99Ms, 2) },
  { head: 'RSS MB', cell: (row) => figure(row.rssMb, 1) },
  { head: 'errors', cell: (row) => figure(row.errors, 0) },
  { head: 'others on its core', cell: (row) => percent(row['otherWorkOnCore']) },
]

const furtherColumns: Partial<Record<ScenarioName, readonly Column[]>> = {
  'keepalive-get-sticky': [
    { head: 'without, CPU µs/req', cell: (row) => figure(row['plainCpuMicrosPerRequest'], 1) },
    { head: 'with ÷ without', cell: (row) => figure(row['ratioToPlain'], 2) },
  ],
  'routes-1000': [
    { head: 'one route, CPU µs/req', cell: (row) => figure(row['oneRouteCpuMicrosPerRequest'], 1) },
    { head: '1,000 ÷ one', cell: (row) => figure(row['ratioToOneRoute'], 2) },
  ],
  'idle-10000': [
    { head: 'connections', cell: (row) => figure(row['idleConnections'], 0) },
    { head: 'bytes each', cell: (row) => figure(row['bytesPerConnection'], 0) },
  ],
  'weight-change': [
    { head: 'p99 at rest', cell: (row) => figure(row['steadyP99Ms'], 2) },
    { head: 'p99 ÷ at rest', cell: (row) => figure(row['p99Ratio'], 2) },
    { head: 'changes', cell: (row) => figure(row['weightChanges'], 0) },
  ],
  overload: [
    { head: 'peak', cell: (row) => figure(row['peakPerSecond'], 0) },
    { head: 'good at 1×', cell: (row) => figure(row['goodAtOncePerSecond'], 0) },
    { head: 'good at 2× ÷ peak', cell: (row) => figure(row['goodShareOfPeak'], 2) },
    { head: 'turned away', cell: (row) => figure(row['refused'], 0) },
    { head: 'late', cell: (row) => figure(row['late'], 0) },
    { head: 'broken', cell: (row) => figure(row['broken'], 0) },
    { head: 'recovery ms', cell: (row) => figure(row['recoveryMs'], 0) },
    { head: 'load behind ms', cell: (row) => figure(row['loadBehindMs'], 0) },
  ],
  'worker-memory': [
    { head: 'workers', cell: (row) => figure(row['workers'], 0) },
    { head: 'RSS MB with them', cell: (row) => figure(row['rssMbWithWorkers'], 1) },
    { head: 'MB per further worker', cell: (row) => figure(row['rssMbPerFurtherWorker'], 1) },
  ],
}

/** The rows of one scenario as text; columns in which nobody has a figure are left out. */
export function tableOf(scenario: ScenarioName, rows: readonly Row[]): Table {
  const own = rows.filter((row) => row.scenario === scenario)
  const columns = [...usualColumns, ...(furtherColumns[scenario] ?? [])].filter(({ cell }) => own.some((row) => cell(row) !== absent))
  return { head: columns.map(({ head }) => head), body: own.map((row) => columns.map(({ cell }) => cell(row))) }
}

const absent = '–'

function figure(value: string | number | null | undefined, decimals: number): string {
  return typeof value === 'number' ? value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }) : absent
}

function percent(share: string | number | null | undefined): string {
  return typeof share === 'number' ? `${Math.round(share * 100)} %` : absent
}
