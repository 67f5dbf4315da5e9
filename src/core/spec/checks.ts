/** Checks that specs of all kinds share. */
import { parseDuration } from '../../api/duration.ts'
import { shown } from '../routing/names.ts'
import type { CompileRegex } from '../routing/types.ts'
import { child, integerIn, listIn, reportRepeated, requiredText, textIn, wrong } from './field.ts'
import type { Field, Findings } from './findings.ts'

export type Checking = { readonly findings: Findings; readonly compileRegex: CompileRegex }

export function checkRegex(field: Field, pattern: string, { findings, compileRegex }: Checking): void {
  try {
    compileRegex(pattern)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    findings.report(field, {
      message: `${shown(pattern.slice(0, 100))} is no regular expression: ${reason.slice(0, 200)}`,
      fix: 'write it in RE2 syntax, without look-around and back-references',
    })
  }
}

/** A duration in Go's syntax that is not negative. */
export function checkDuration(field: Field, findings: Findings): number | undefined {
  const text = textIn(field, findings)
  if (text === undefined) return undefined
  const parsed = parseDuration(text)
  const fix = 'write a duration like 30s, 5m or 1h30m'
  if (!parsed.ok) findings.report(field, { message: `${shown(text.slice(0, 100))} ${parsed.message}`, fix })
  else if (parsed.ms < 0) findings.report(field, wrong(field, 'negative', fix))
  else return parsed.ms
  return undefined
}

/** `dryRun` and `measurementRetention`: rules for metrics by name. */
export function checkMetricRules(parent: Field, { findings, compileRegex }: Checking): void {
  for (const name of ['dryRun', 'measurementRetention']) {
    const rules = listIn(child(parent, name), findings)
    for (const rule of rules) {
      const pattern = requiredText(child(rule, 'metricName'), findings, 'a regular expression for names of metrics')
      if (pattern !== undefined) checkRegex(child(rule, 'metricName'), pattern, { findings, compileRegex })
      if (name === 'measurementRetention') integerIn(child(rule, 'limit'), findings, { minimum: 1 })
    }
    reportRepeated(
      rules.map((rule) => child(rule, 'metricName')),
      findings,
      'metricName',
    )
  }
}
