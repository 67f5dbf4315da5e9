import type { PairFindings } from '../pairs.ts'
import { aligned } from './terminal.ts'

export function holds({ ratio, bound }: PairFindings): boolean {
  return ratio.high <= bound
}

/** One line per pair, so that a drift or an outlier can be seen, and the verdict below. */
export function pairsReport(ref: string, findings: readonly PairFindings[]): string {
  return findings.map((one) => `${one.scenario}, this tree against ${ref}\n\n${tableOf(one)}\n\n${verdictOf(one)}\n`).join('\n')
}

function tableOf({ pairs }: PairFindings): string {
  return aligned({
    head: ['pair', 'this tree, CPU µs/req', `before`, 'ratio'],
    body: pairs.map(({ present, former }, index) => [String(index + 1), present.toFixed(2), former.toFixed(2), (present / former).toFixed(3)]),
  })
}

function verdictOf(findings: PairFindings): string {
  const { ratio, bound, errors, pairs } = findings
  const interval = `${ratio.value.toFixed(3)}, 95 % interval ${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}`
  const found = `  ratio ${interval} (${pairs.length} pairs): upper end ≤ ${bound} ${holds(findings) ? 'reached' : 'missed'}`
  return errors === 0 ? found : `${found}\n  ${errors} errors`
}
