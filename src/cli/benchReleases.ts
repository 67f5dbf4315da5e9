import { readFile } from 'node:fs/promises'
import { compareVersions } from './benchCompare.ts'
import { type AdminAddress, readSplit } from './benchEdge.ts'
import { type Attribution, type GivenHeader, type KnownSplit, planArms } from './benchPlan.ts'
import { type LoadSettings, type Progress, runBench } from './benchRun.ts'
import { renderProgress, renderReport } from './benchView.ts'

export type CompareSettings = LoadSettings & {
  readonly admin: string
  readonly adminTokenFile: string | undefined
  readonly headers: readonly GivenHeader[]
  readonly byHeader: string | undefined
  readonly json: boolean
}
type Output = { readonly stdout: NodeJS.WritableStream; readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean } }

/** Measures, prints, and tells the exit code. `signal` ends the load early; what was measured is printed all the same. */
export async function compareReleases(settings: CompareSettings, signal: AbortSignal, { stdout, stderr }: Output): Promise<number> {
  const fail = (message: string, code: number): number => {
    stderr.write(`spillway: ${message}\n`)
    return code
  }
  const progress = progressLine(stderr)
  try {
    const { admin, split, note } = await known(settings)
    const planned = planArms(split, settings.headers, settings.byHeader)
    if (planned.kind === 'mistake') return fail(planned.message, 2)
    const measured = await runBench({ settings, plan: planned.plan, admin, signal, onProgress: progress.show })
    progress.clear()
    if (measured.all.requests === 0) return fail('nothing was measured', 1)
    const report = compareVersions(
      {
        split: settings.split,
        url: `${settings.url}${settings.path}`,
        rate: settings.rate,
        durationMs: settings.durationMs,
        attributedBy: attributionText(planned.plan.attribution),
        latencyFrom: planned.plan.attribution.kind === 'counters' ? 'as the edge measured it' : 'counts from when a request was due',
        notes: [...note, ...planned.plan.notes],
      },
      measured,
    )
    // What is infinite (a bound that cannot be told) or not a number (a share of nothing) becomes null in JSON.
    stdout.write(settings.json ? `${JSON.stringify(report, undefined, 2)}\n` : `${renderReport(report).join('\n')}\n`)
    return nothingAnswered(measured.all.results) ? 1 : 0
  } catch (error) {
    progress.clear()
    if (!(error instanceof Error) || (error.constructor !== Error && error.constructor !== SyntaxError)) throw error
    return fail(error.message, 1)
  }
}

type Known = { readonly admin: AdminAddress | undefined; readonly split: KnownSplit | undefined; readonly note: readonly string[] }

/** What the admin API says of the split. Without it, headers given for each version are enough to go on with. */
async function known({ admin: url, adminTokenFile, split, headers, byHeader }: CompareSettings): Promise<Known> {
  const token = adminTokenFile === undefined ? undefined : (await readFile(adminTokenFile, 'utf8')).trim()
  const admin = { url, token }
  try {
    return { admin, split: await readSplit(admin, split), note: [] }
  } catch (error) {
    const isEnough = byHeader !== undefined || headers.some(({ version }) => version !== undefined)
    if (!isEnough || !(error instanceof Error) || !error.message.startsWith('the admin API does not answer')) throw error
    return { admin: undefined, split: undefined, note: [`${error.message}. So nothing checked which version each request reached.`] }
  }
}

function nothingAnswered(results: Readonly<Record<string, number>>): boolean {
  return Object.keys(results).every((result) => !/^\d{3}$/.test(result))
}

function attributionText(attribution: Attribution): string {
  switch (attribution.kind) {
    case 'arm':
      return 'what was sent'
    case 'header':
      return `the response header ${attribution.name}`
    case 'counters':
      return "the edge's counters"
  }
}

/** One line that is written over, on a terminal only. */
function progressLine(stderr: Output['stderr']): { show(progress: Progress): void; clear(): void } {
  let isShown = false
  return {
    show(progress) {
      if (stderr.isTTY !== true) return
      stderr.write(`\r\u001b[K${renderProgress(progress)}`)
      isShown = true
    },
    clear() {
      if (isShown) stderr.write('\r\u001b[K')
      isShown = false
    },
  }
}
