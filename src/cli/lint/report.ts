import { fieldText } from '../../core/routing/names.ts'
import type { Finding } from './judge.ts'
import type { TextMistake } from './manifests.ts'

/** A finding as programs read it; `-o json` prints a list of them. */
export type Reported = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  readonly object: string
  readonly field: string
  readonly message: string
  readonly fix: string
}

export function reportedFinding({ manifest, severity, path, message, fix }: Finding): Reported {
  return { file: manifest.file, ...manifest.place(path), severity, object: titleOf(manifest.value), field: fieldText(path), message, fix }
}

export function reportedMistake({ file, line, column, message }: TextMistake): Reported {
  return { file, line, column, severity: 'error', object: '', field: '', message, fix: 'write valid YAML or JSON' }
}

/** `Rollout shop` */
function titleOf(value: unknown): string {
  const { kind, metadata } = (value ?? {}) as { readonly kind?: unknown; readonly metadata?: { readonly name?: unknown } | null }
  return [kind, metadata?.name].filter((part) => typeof part === 'string').join(' ')
}

/** One line, as compilers write it: `shop.yaml:12:5: error: Rollout shop: spec.replicas: -1 is below …; write …`. */
export function reportedText({ file, line, column, severity, object, field, message, fix }: Reported): string {
  const told = [`${file}:${line}:${column}`, severity, object, field === '' ? message : `${field}: ${message}`].filter((part) => part !== '')
  return `${told.join(': ')}; ${fix}`.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

export function inOrder(a: Reported, b: Reported): number {
  return a.line - b.line || a.column - b.column
}

/** `2 errors and 1 warning in 3 objects` */
export function summaryText(reported: readonly Reported[], objects: number): string {
  const count = (severity: Reported['severity']): number => reported.filter((each) => each.severity === severity).length
  const counted = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
  const parts = [counted(count('error'), 'error'), ...(count('warning') > 0 ? [counted(count('warning'), 'warning')] : [])]
  return `${parts.join(' and ')} in ${counted(objects, 'object')}`
}
