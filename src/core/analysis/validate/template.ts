/** What AnalysisTemplates, ClusterAnalysisTemplates and AnalysisRuns must keep to. Total: whatever the object is. */
import { edgePlugin } from '../../../api/rolloutLabels.ts'
import type { CompileRegex } from '../../routing/types.ts'
import { type Checking, checkDuration, checkMetricRules } from '../../spec/checks.ts'
import {
  at,
  child,
  exactlyOne,
  expectMap,
  flagIn,
  integerIn,
  isMap,
  isSet,
  keyOf,
  listIn,
  reportRepeated,
  reportUnknown,
  requiredText,
  textIn,
  wrong,
} from '../../spec/field.ts'
import { type Field, type Findings, openFindings, type SpecMistake } from '../../spec/findings.ts'

const providers = 'prometheus web job datadog newRelic wavefront cloudWatch graphite influxdb skywalking kayenta plugin'.split(' ')

export function validateAnalysis(object: unknown, compileRegex: CompileRegex): readonly SpecMistake[] {
  const findings = openFindings()
  const spec = child({ path: [], value: object }, 'spec')
  if (!isSet(spec)) findings.report(spec, { message: 'is missing', fix: 'write metrics' })
  expectMap(spec, findings)
  if (!isMap(spec.value)) return findings.mistakes
  const included = listIn(child(spec, 'templates'), findings)
  for (const template of included) {
    expectMap(template, findings)
    requiredText(child(template, 'templateName'), findings, 'the name of a template')
    flagIn(child(template, 'clusterScope'), findings)
  }
  checkArguments(child(spec, 'args'), findings)
  if (child({ path: [], value: object }, 'kind').value === 'AnalysisRun') checkValues(child(spec, 'args'), findings)
  const metrics = listIn(child(spec, 'metrics'), findings)
  if (metrics.length + included.length === 0 && !Array.isArray(child(spec, 'metrics').value))
    findings.report(child(spec, 'metrics'), { message: 'are missing', fix: 'write at least one' })
  else if (metrics.length + included.length === 0) findings.report(child(spec, 'metrics'), { message: 'is empty', fix: 'write at least one metric' })
  for (const metric of metrics) checkMetric(metric, findings)
  reportRepeated(
    metrics.map((metric) => child(metric, 'name')),
    findings,
    'name',
  )
  checkRules(spec, metrics, included.length === 0, { findings, compileRegex })
  return findings.mistakes
}

function checkArguments(args: Field, findings: Findings): void {
  const list = listIn(args, findings)
  for (const arg of list) {
    expectMap(arg, findings)
    requiredText(child(arg, 'name'), findings, 'the name of an argument')
    textIn(child(arg, 'value'), findings)
    const from = child(arg, 'valueFrom')
    expectMap(from, findings)
    if (isSet(child(arg, 'value')) && isSet(from)) findings.report(from, { message: 'has no meaning beside value', fix: 'keep one of them' })
    if (!isMap(from.value)) continue
    const kind = exactlyOne(from, ['secretKeyRef', 'fieldRef'], findings)
    for (const name of kind === 'secretKeyRef' ? ['name', 'key'] : [])
      requiredText(at(from, 'secretKeyRef', name), findings, `the ${name} of a Secret`)
    if (kind === 'fieldRef') requiredText(at(from, 'fieldRef', 'fieldPath'), findings, 'a path, such as metadata.name')
  }
  reportRepeated(
    list.map((arg) => child(arg, 'name')),
    findings,
    'name',
  )
}

/** Nobody gives a run what it lacks. */
function checkValues(args: Field, findings: Findings): void {
  for (const arg of listIn(args, openFindings()))
    if (isMap(arg.value) && !isSet(child(arg, 'value')) && !isSet(child(arg, 'valueFrom')))
      findings.report(child(arg, 'value'), { message: 'is missing', fix: 'write it, or valueFrom' })
}

const tag = /\{\{([^{}]*)\}\}/g

function checkMetric(metric: Field, findings: Findings): void {
  expectMap(metric, findings)
  if (!isMap(metric.value)) return
  requiredText(child(metric, 'name'), findings, 'a name')
  const interval = checkTaggedDuration(child(metric, 'interval'), findings)
  checkTaggedDuration(child(metric, 'initialDelay'), findings)
  const count = numberIn(child(metric, 'count'), findings)
  const limits = ['failureLimit', 'inconclusiveLimit'].map((name) => child(metric, name))
  for (const limit of limits) {
    const most = numberIn(limit, findings, keyOf(limit) === 'failureLimit' ? -1 : 0)
    if (count !== undefined && count > 0 && most !== undefined && most > count)
      findings.report(limit, wrong(limit, `above count ${count}, and would never be reached`, `write at most ${count}`))
  }
  numberIn(child(metric, 'consecutiveErrorLimit'), findings)
  const inARow = numberIn(child(metric, 'consecutiveSuccessLimit'), findings)
  const unlimited = limits[0]!
  if (unlimited.value === -1 && (inARow ?? 0) === 0 && !isTagged(child(metric, 'consecutiveSuccessLimit')))
    findings.report(unlimited, {
      message: '-1 needs a consecutiveSuccessLimit: nothing else would end it',
      fix: 'write consecutiveSuccessLimit, or a limit',
    })
  if (count !== undefined && count > 1 && interval === 'absent')
    findings.report(child(metric, 'interval'), {
      message: `is missing, with a count of ${count}`,
      fix: 'write the time between measurements, such as 1m',
    })
  for (const name of ['successCondition', 'failureCondition']) textIn(child(metric, name), findings)
  checkProvider(child(metric, 'provider'), findings)
  checkTags(metric, findings)
}

function isTagged({ value }: Field): boolean {
  return typeof value === 'string' && value.includes('{{')
}

function checkTaggedDuration(field: Field, findings: Findings): 'absent' | 'present' {
  if (!isSet(field) || field.value === '') return 'absent'
  if (!isTagged(field)) checkDuration(field, findings)
  return 'present'
}

/** A number, digits, or an argument, of which nothing is known yet. */
function numberIn(field: Field, findings: Findings, minimum = 0): number | undefined {
  if (isTagged(field) || field.value === '') return undefined
  if (typeof field.value === 'string' && /^-?\d{1,10}$/.test(field.value))
    return integerIn({ ...field, value: Number(field.value) }, findings, { minimum })
  return integerIn(field, findings, { minimum })
}

const edgeOptions = ['window', 'minRequests']

function checkProvider(provider: Field, findings: Findings): void {
  if (!isSet(provider)) {
    findings.report(provider, { message: 'is missing', fix: `write one of ${providers.join(', ')}` })
    return
  }
  expectMap(provider, findings)
  if (!isMap(provider.value)) return
  const kind = exactlyOne(provider, providers, findings)
  if (kind === undefined) return
  const stanza = child(provider, kind)
  expectMap(stanza, findings)
  if (kind === 'web') requiredText(child(stanza, 'url'), findings, 'where to ask')
  if (kind === 'prometheus') requiredText(child(stanza, 'query'), findings, 'a query')
  if (kind === 'job' && !isSet(child(stanza, 'spec')))
    findings.report(child(stanza, 'spec'), { message: 'is missing', fix: 'write the spec of a Job' })
  if (kind === 'web' && isSet(child(stanza, 'body')) && isSet(child(stanza, 'jsonBody')))
    findings.report(child(stanza, 'jsonBody'), { message: 'has no meaning beside body', fix: 'keep one of them' })
  const edge = child(stanza, edgePlugin)
  if (kind !== 'plugin' || !isSet(edge)) return
  expectMap(edge, findings)
  reportUnknown(edge, edgeOptions, findings)
  checkTaggedDuration(child(edge, 'window'), findings)
  numberIn(child(edge, 'minRequests'), findings)
}

const maxDepth = 100

/** Whatever else stands in double braces can never be filled in. */
function checkTags(field: Field, findings: Findings, depth = 0): void {
  const { value } = field
  if (typeof value === 'string' && value.includes('{{')) {
    for (const [, name = ''] of value.slice(0, 100_000).matchAll(tag))
      if (!/^(args|templates|experiment)\../.test(name.trim()))
        findings.report(field, { message: `{{${name.slice(0, 50)}}} stands for nothing`, fix: 'write {{args.NAME}}, with NAME one of spec.args' })
  } else if (typeof value === 'object' && value !== null && depth < maxDepth)
    for (const key of Object.keys(value)) checkTags(child(field, Array.isArray(value) ? Number(key) : key), findings, depth + 1)
}

/** A rule must be about something; which metrics there are is known only without included templates. */
function checkRules(spec: Field, metrics: readonly Field[], isComplete: boolean, checking: Checking): void {
  const before = checking.findings.mistakes.length
  checkMetricRules(spec, checking)
  if (!isComplete || checking.findings.mistakes.length > before) return
  const names = metrics.map((metric) => child(metric, 'name').value).filter((name) => typeof name === 'string')
  for (const kind of ['dryRun', 'measurementRetention'])
    for (const rule of listIn(child(spec, kind), checking.findings)) {
      const field = child(rule, 'metricName')
      // Unanchored: it need only occur.
      const { matches } = checking.compileRegex(`(?s:.*)(?:${String(field.value)})(?s:.*)`)
      if (!names.some((name) => matches(name)))
        checking.findings.report(field, wrong(field, 'about no metric', `name one of ${names.slice(0, 5).join(', ')}`))
    }
}
