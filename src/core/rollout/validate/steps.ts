import { parsePauseDuration } from '../../../api/duration.ts'
import type { Checking } from '../../spec/checks.ts'
import { child, described, exactlyOne, expectMap, integerIn, isMap, isSet, mapIn } from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'
import { checkAnalysis, checkExperiment, checkPlugin } from './analysis.ts'
import { checkHeaderRoute, checkMirrorRoute } from './matches.ts'

/** What of the strategy the steps must agree with. */
export type StepContext = Checking & { readonly isRouted: boolean; readonly totalWeight: number; readonly managedRoutes: readonly string[] }

type Check = (value: Field, context: StepContext) => void

const checks: Readonly<Record<string, Check>> = {
  setWeight: (weight, { findings, totalWeight }) => void integerIn(weight, findings, { maximum: totalWeight }),
  pause: (pause, { findings }) => checkPause(pause, findings),
  setCanaryScale: checkCanaryScale,
  setHeaderRoute: (route, context) => checkHeaderRoute(route, context, context),
  setMirrorRoute: (route, context) => checkMirrorRoute(route, context, context),
  analysis: checkAnalysis,
  experiment: (experiment, context) => checkExperiment(experiment, context, context),
  plugin: (plugin, { findings }) => checkPlugin(plugin, findings),
}
const kinds = Object.keys(checks)

export function checkStep(step: Field, context: StepContext): void {
  mapIn(step, context.findings)
  if (!isMap(step.value)) return
  exactlyOne(step, kinds, context.findings)
  for (const kind of kinds) if (isSet(child(step, kind))) checks[kind]!(child(step, kind), context)
}

function checkPause(pause: Field, findings: Findings): void {
  expectMap(pause, findings)
  const duration = child(pause, 'duration')
  if (!isSet(duration)) return
  const parsed = parsePauseDuration(duration.value)
  if (!parsed.ok)
    findings.report(duration, {
      message: `${described(duration.value)} ${parsed.message}`,
      fix: 'write seconds, or a duration like 30s, 5m or 1h30m',
    })
}

const maxScalePercent = 10_000

function checkCanaryScale(scale: Field, { findings, isRouted }: StepContext): void {
  expectMap(scale, findings)
  if (!isRouted)
    findings.report(scale, {
      message: 'needs trafficRouting: without it, pods are the weight',
      fix: 'write setWeight, or add trafficRouting with plugins: {spillway/edge: {}}',
    })
  if (!isMap(scale.value)) return
  const matches = child(scale, 'matchTrafficWeight')
  if (isSet(matches) && typeof matches.value !== 'boolean')
    findings.report(matches, { message: `${described(matches.value)} is neither true nor false`, fix: 'write true or false' })
  const given = ['weight', 'replicas', ...(matches.value === false ? [] : ['matchTrafficWeight'])]
  exactlyOne(scale, given, findings)
  integerIn(child(scale, 'weight'), findings, { maximum: maxScalePercent })
  integerIn(child(scale, 'replicas'), findings)
}
