/** Whether the templates that an analysis names can be run as it asks: known only together. */
import { shown } from '../../routing/names.ts'
import { child, isMap, isSet, listIn } from '../../spec/field.ts'
import { type Field, type Findings, openFindings } from '../../spec/findings.ts'

/** By `templateKey`: whole objects. What is not here is not known, and not asked about. */
export type Templates = ReadonlyMap<string, unknown>

export function templateKey(name: string, isClusterScoped: boolean): string {
  return isClusterScoped ? `cluster ${name}` : name
}

type Use = { readonly findings: Findings; readonly bounded: boolean }

/** `bounded`: whatever waits for the analysis would wait for ever. */
export function checkAnalysisUse(analysis: Field, templates: Templates, { findings, bounded }: Use): void {
  const named = fieldsOf(child(analysis, 'templates')).map((field) => ({ field, ...withIncluded(field, templates, new Set()) }))
  const metrics = new Map<unknown, string>()
  for (const { field, list } of named)
    for (const { spec, name } of list)
      for (const metric of fieldsOf(child(spec, 'metrics'))) {
        const metricName = child(metric, 'name').value
        const other = metrics.get(metricName) ?? name
        metrics.set(metricName, name)
        if (other !== name)
          findings.report(field, { message: `${name} and ${other} both have a metric ${shown(metricName)}`, fix: 'rename one of them' })
        if (bounded && isUnbounded(metric))
          findings.report(field, {
            message: `the metric ${shown(metricName)} of ${name} has an interval and no count: it would never end`,
            fix: 'write a count for it',
          })
      }
  if (named.every(({ isComplete }) => isComplete))
    checkGiven(
      analysis,
      named.flatMap(({ list }) => list),
      findings,
    )
}

/** Every argument has a value, from whoever gives one. */
function checkGiven(analysis: Field, specs: Specs['list'], findings: Findings): void {
  const declared = specs.flatMap(({ spec, name }) => fieldsOf(child(spec, 'args')).map((arg) => ({ arg, name })))
  const given = fieldsOf(child(analysis, 'args')).map((arg) => child(arg, 'name').value)
  const withDefault = declared
    .filter(({ arg }) => isSet(child(arg, 'value')) || isSet(child(arg, 'valueFrom')))
    .map(({ arg }) => child(arg, 'name').value)
  const known = new Set([...given, ...withDefault])
  for (const { arg, name } of declared) {
    const wanted = child(arg, 'name').value
    if (typeof wanted !== 'string' || known.has(wanted)) continue
    known.add(wanted)
    findings.report(child(analysis, 'args'), { message: `lack the argument ${shown(wanted)} of ${name}`, fix: `add {name: ${wanted}, value: …}` })
  }
}

function isUnbounded(metric: Field): boolean {
  const count = child(metric, 'count').value
  const hasCount = isSet(child(metric, 'count')) && count !== 0 && count !== '' && count !== '0'
  const endsOnSuccess = isSet(child(metric, 'consecutiveSuccessLimit')) && child(metric, 'consecutiveSuccessLimit').value !== 0
  return isSet(child(metric, 'interval')) && child(metric, 'interval').value !== '' && !hasCount && !endsOnSuccess
}

type Specs = { readonly list: readonly { readonly spec: Field; readonly name: string }[]; readonly isComplete: boolean }

/** Each once, though they may name each other in a circle. */
function withIncluded(reference: Field, templates: Templates, seen: Set<string>): Specs {
  const name = child(reference, 'templateName').value
  if (typeof name !== 'string') return { list: [], isComplete: false }
  const isClusterScoped = child(reference, 'clusterScope').value === true
  const key = templateKey(name, isClusterScoped)
  if (seen.has(key)) return { list: [], isComplete: true }
  seen.add(key)
  const spec = child({ path: [], value: templates.get(key) }, 'spec')
  if (!isMap(spec.value)) return { list: [], isComplete: false }
  const included = fieldsOf(child(spec, 'templates')).map((each) => withIncluded(each, templates, seen))
  const own = { spec, name: `${isClusterScoped ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'} ${shown(name)}` }
  return { list: [own, ...included.flatMap(({ list }) => list)], isComplete: included.every((each) => each.isComplete) }
}

/** What is wrong with them is told elsewhere. */
function fieldsOf(field: Field): readonly Field[] {
  return listIn(field, openFindings())
}
