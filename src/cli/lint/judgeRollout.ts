import { edgeIngressClass } from '../../api/rolloutLabels.ts'
import { checkAnalysisUse, type Templates, templateKey } from '../../core/analysis/validate/use.ts'
import type { RouterFacts } from '../../core/rollout/observed.ts'
import { validateRollout } from '../../core/rollout/validate/validateRollout.ts'
import { nearest } from '../../core/routing/nearest.ts'
import type { CompileRegex } from '../../core/routing/types.ts'
import { at, child, isSet, listIn } from '../../core/spec/field.ts'
import { type Field, type Findings, openFindings, type SpecMistake } from '../../core/spec/findings.ts'
import type { Neighbours } from './neighbours.ts'
import { warnPodFields } from './podFields.ts'

export type Judged = { readonly errors: readonly SpecMistake[]; readonly warnings: readonly SpecMistake[] }

/** A cluster has more than files tell: what is not in them is no error, and at most worth a warning. */
export function judgeRollout(value: unknown, neighbours: Neighbours, compileRegex: CompileRegex): Judged {
  const { services, claimedBy, templates } = neighbours
  const root: Field = { path: [], value }
  const warnings = openFindings()
  const router = routerFacts(root, neighbours, warnings)
  const errors = openFindings()
  for (const mistake of validateRollout(value, { services, claimedBy, router, isPartial: true }, compileRegex)) errors.report(mistake, mistake)
  for (const { field, bounded } of analysesOf(root)) {
    checkAnalysisUse(field, templates, { findings: errors, bounded })
    for (const template of listIn(child(field, 'templates'), openFindings())) warnUnknownTemplate(template, templates, warnings)
    warnHold(field, warnings)
  }
  for (const step of listIn(at(root, 'spec', 'strategy', 'canary', 'steps'), openFindings()))
    for (const name of ['experiment', 'plugin']) if (isSet(child(step, name))) warnHold(child(step, name), warnings)
  warnPodFields(at(root, 'spec', 'template'), warnings)
  for (const field of servicesOf(root))
    if (services.size > 0 && typeof field.value === 'string' && !services.has(field.value))
      warnAbsent(field, field.value, 'Service', services.keys(), warnings)
  return { errors: errors.mistakes, warnings: warnings.mistakes }
}

function warnHold(field: Field, warnings: Findings): void {
  warnings.report(field, { message: 'is not carried out yet', fix: 'the release waits here until somebody promotes it' })
}

function servicesOf(root: Field): readonly Field[] {
  const canary = at(root, 'spec', 'strategy', 'canary')
  const blueGreen = at(root, 'spec', 'strategy', 'blueGreen')
  const fields = [
    child(canary, 'stableService'),
    child(canary, 'canaryService'),
    child(blueGreen, 'activeService'),
    child(blueGreen, 'previewService'),
  ]
  return fields.filter(isSet)
}

function warnAbsent(field: Field, name: string, what: string, known: Iterable<string>, warnings: Findings): void {
  const meant = nearest(name, known)
  const fix = meant === undefined ? 'is it in the cluster?' : `did you mean ${meant}?`
  warnings.report(field, { message: `these files have no ${what} ${JSON.stringify(name)}`, fix })
}

/** `bounded`: the release waits for its end. */
function analysesOf(root: Field): readonly { readonly field: Field; readonly bounded: boolean }[] {
  const strategy = at(root, 'spec', 'strategy')
  const steps = listIn(at(strategy, 'canary', 'steps'), openFindings())
  const all = [
    ...steps.map((step) => ({ field: child(step, 'analysis'), bounded: true })),
    { field: at(strategy, 'canary', 'analysis'), bounded: false },
    { field: at(strategy, 'blueGreen', 'prePromotionAnalysis'), bounded: true },
    { field: at(strategy, 'blueGreen', 'postPromotionAnalysis'), bounded: true },
  ]
  return all.filter(({ field }) => isSet(field))
}

function warnUnknownTemplate(template: Field, templates: Templates, warnings: Findings): void {
  const name = child(template, 'templateName')
  const isClusterScoped = child(template, 'clusterScope').value === true
  if (templates.size === 0 || typeof name.value !== 'string' || templates.has(templateKey(name.value, isClusterScoped))) return
  const known = [...templates.keys()].map((key) => key.replace(/^cluster /, ''))
  warnAbsent(name, name.value, isClusterScoped ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate', known, warnings)
}

/** As in a cluster where edges are the default, and nobody else could carry out the traffic. */
function routerFacts(root: Field, { ingresses }: Neighbours, warnings: Findings): RouterFacts {
  const canary = at(root, 'spec', 'strategy', 'canary')
  const routing = child(canary, 'trafficRouting')
  const ours = new Map(
    [...ingresses].filter(([, { className }]) => className === edgeIngressClass).map(([name, { services }]) => [name, services] as const),
  )
  const hasEdge = isSet(at(routing, 'plugins', 'spillway/edge'))
  for (const name of ['istio', 'nginx'])
    if (isSet(child(routing, name)) && !hasEdge)
      warnings.report(child(routing, name), {
        message: `is carried out by the edges only under --default-router edge${name === 'istio' ? ', in a cluster without Istio' : ''}`,
        fix: 'or write plugins: {spillway/edge: {}} instead',
      })
  const stable = child(canary, 'stableService').value
  const named = [child(at(routing, 'nginx'), 'stableIngress'), ...listIn(at(routing, 'nginx', 'stableIngresses'), openFindings())]
  for (const { value } of named) if (typeof value === 'string' && !ingresses.has(value) && typeof stable === 'string') ours.set(value, [stable])
  return { isEdgeDefault: true, hasIstio: false, ingresses: ours }
}
