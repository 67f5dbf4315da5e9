/** Analyses and experiments as a Rollout names them. That they hold for now does not make them right. */
import { type Checking, checkDuration, checkMetricRules } from '../../spec/checks.ts'
import { child, expectMap, flagIn, integerIn, isSet, listIn, reportRepeated, requiredText, textIn, wrong } from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'

/** As a step, in the background, or before and after a promotion. */
export function checkAnalysis(analysis: Field, { findings, compileRegex }: Checking): void {
  if (!isSet(analysis)) return
  expectMap(analysis, findings)
  const templates = listIn(child(analysis, 'templates'), findings)
  if (templates.length === 0 && !isSet(child(analysis, 'templates')))
    findings.report(child(analysis, 'templates'), { message: 'are missing', fix: 'write at least one, as templateName' })
  for (const template of templates) checkTemplateName(template, findings)
  checkArguments(child(analysis, 'args'), findings)
  checkMetricRules(analysis, { findings, compileRegex })
  integerIn(child(analysis, 'startingStep'), findings)
}

function checkTemplateName(template: Field, findings: Findings): void {
  expectMap(template, findings)
  requiredText(child(template, 'templateName'), findings, 'the name of an AnalysisTemplate')
  flagIn(child(template, 'clusterScope'), findings)
}

const hashes = ['Stable', 'Latest']

export function checkArguments(args: Field, findings: Findings): void {
  const list = listIn(args, findings)
  for (const arg of list) {
    expectMap(arg, findings)
    requiredText(child(arg, 'name'), findings, 'the name of an argument')
    textIn(child(arg, 'value'), findings)
    const from = child(arg, 'valueFrom')
    expectMap(from, findings)
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
  expectMap(fieldRef, findings)
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
  expectMap(experiment, findings)
  const templates = listIn(child(experiment, 'templates'), findings)
  if (templates.length === 0 && !isSet(child(experiment, 'templates')))
    findings.report(child(experiment, 'templates'), { message: 'are missing', fix: 'write at least one, with name and specRef' })
  for (const template of templates) {
    expectMap(template, findings)
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
    expectMap(analysis, findings)
    requiredText(child(analysis, 'name'), findings, 'a name')
    checkTemplateName(analysis, findings)
    checkArguments(child(analysis, 'args'), findings)
  }
  checkMetricRules(experiment, checking)
}

/** A step of a plugin. */
export function checkPlugin(plugin: Field, findings: Findings): void {
  expectMap(plugin, findings)
  const name = child(plugin, 'name')
  const text = requiredText(name, findings, 'the name of a plugin')
  if (text !== undefined && !/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(text))
    findings.report(name, wrong(name, 'no name of a plugin', 'write organisation/name'))
}
