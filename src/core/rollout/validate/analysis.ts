/** Analyses and experiments as a Rollout names them. That they hold for now does not make them right. */
import { parseDuration } from '../../../api/duration.ts'
import { shown } from '../../routing/names.ts'
import type { CompileRegex } from '../../routing/types.ts'
import { child, flagIn, integerIn, isSet, listIn, mapIn, reportRepeated, requiredText, textIn, wrong } from './field.ts'
import type { Field, Findings } from './findings.ts'

export type Checking = { readonly findings: Findings; readonly compileRegex: CompileRegex }

/** As a step, in the background, or before and after a promotion. */
export function checkAnalysis(analysis: Field, { findings, compileRegex }: Checking): void {
  if (!isSet(analysis)) return
  mapIn(analysis, findings)
  const templates = listIn(child(analysis, 'templates'), findings)
  if (templates.length === 0 && !isSet(child(analysis, 'templates')))
    findings.report(child(analysis, 'templates'), { message: 'are missing', fix: 'write at least one, as templateName' })
  for (const template of templates) checkTemplateName(template, findings)
  checkArguments(child(analysis, 'args'), findings)
  checkMetricRules(analysis, { findings, compileRegex })
  integerIn(child(analysis, 'startingStep'), findings)
}

function checkTemplateName(template: Field, findings: Findings): void {
  mapIn(template, findings)
  requiredText(child(template, 'templateName'), findings, 'the name of an AnalysisTemplate')
  flagIn(child(template, 'clusterScope'), findings)
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

const hashes = ['Stable', 'Latest']

export function checkArguments(args: Field, findings: Findings): void {
  const list = listIn(args, findings)
  for (const arg of list) {
    mapIn(arg, findings)
    requiredText(child(arg, 'name'), findings, 'the name of an argument')
    textIn(child(arg, 'value'), findings)
    const from = child(arg, 'valueFrom')
    mapIn(from, findings)
    if (isSet(child(arg, 'value')) && isSet(from)) findings.report(from, { message: 'has no meaning beside value', fix: 'keep one of them' })
    if (!isSet(from)) continue
    const hash = textIn(child(from, 'podTemplateHashValue'), findings)
    if (hash !== undefined && !hashes.includes(hash))
      findings.report(child(from, 'podTemplateHashValue'), wrong(child(from, 'podTemplateHashValue'), 'unknown', 'write Stable or Latest'))
    checkFieldRef(child(from, 'fieldRef'), findings)
  }
  reportRepeated(
    list.map((arg) => child(arg, 'name')),
    findings,
    'name',
  )
}

const metadataPath = /^metadata\.(name|namespace|uid|(labels|annotations)\['[^'\]]+'\])$/

function checkFieldRef(fieldRef: Field, findings: Findings): void {
  if (!isSet(fieldRef)) return
  mapIn(fieldRef, findings)
  const field = child(fieldRef, 'fieldPath')
  const path = requiredText(field, findings, 'a path, such as spec.replicas')
  if (path?.startsWith('metadata') && !metadataPath.test(path))
    findings.report(
      field,
      wrong(field, 'no metadata that can be had', "write metadata.name, .namespace, .uid, .labels['key'] or .annotations['key']"),
    )
}

type Weights = { readonly isRouted: boolean; readonly totalWeight: number }

export function checkExperiment(experiment: Field, { isRouted, totalWeight }: Weights, checking: Checking): void {
  const { findings } = checking
  mapIn(experiment, findings)
  const templates = listIn(child(experiment, 'templates'), findings)
  if (templates.length === 0 && !isSet(child(experiment, 'templates')))
    findings.report(child(experiment, 'templates'), { message: 'are missing', fix: 'write at least one, with name and specRef' })
  for (const template of templates) {
    mapIn(template, findings)
    requiredText(child(template, 'name'), findings, 'a name')
    const specRef = child(template, 'specRef')
    if (requiredText(specRef, findings, 'stable or canary') !== undefined && !['stable', 'canary'].includes(String(specRef.value)))
      findings.report(specRef, wrong(specRef, 'unknown', 'write stable or canary'))
    integerIn(child(template, 'replicas'), findings)
    const weight = child(template, 'weight')
    integerIn(weight, findings, { maximum: totalWeight })
    if (isSet(weight) && !isRouted)
      findings.report(weight, { message: 'needs trafficRouting', fix: 'leave it out, or add trafficRouting with plugins: {spillway/edge: {}}' })
  }
  reportRepeated(
    templates.map((template) => child(template, 'name')),
    findings,
    'name',
  )
  checkDuration(child(experiment, 'duration'), findings)
  for (const analysis of listIn(child(experiment, 'analyses'), findings)) {
    mapIn(analysis, findings)
    requiredText(child(analysis, 'name'), findings, 'a name')
    checkTemplateName(analysis, findings)
    checkArguments(child(analysis, 'args'), findings)
  }
  checkMetricRules(experiment, checking)
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

/** A step of a plugin. */
export function checkPlugin(plugin: Field, findings: Findings): void {
  mapIn(plugin, findings)
  const name = child(plugin, 'name')
  const text = requiredText(name, findings, 'the name of a plugin')
  if (text !== undefined && !/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(text))
    findings.report(name, wrong(name, 'no name of a plugin', 'write organisation/name'))
}
