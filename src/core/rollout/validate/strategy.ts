import type { Checking } from '../../spec/checks.ts'
import {
  at,
  child,
  chosen,
  expectMap,
  flagIn,
  integerIn,
  intOrPercentIn,
  isMap,
  isSet,
  listIn,
  requiredText,
  textIn,
  wrong,
} from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'
import { checkAnalysis } from './analysis.ts'
import { checkStep } from './steps.ts'
import { checkTrafficRouting, type RouterKnowledge, type Routing } from './trafficRouting.ts'

const strategies = ['canary', 'blueGreen']
const defaultHistory = 10

/** Services besides the strategy's own that the Rollout claims. */
export function checkStrategy(spec: Field, known: RouterKnowledge, checking: Checking): readonly Field[] {
  const { findings } = checking
  const strategy = child(spec, 'strategy')
  expectMap(strategy, findings)
  const set = chosen(strategy, strategies)
  const fix = 'write strategy.canary or strategy.blueGreen'
  if (set.length === 0 && (!isSet(strategy) || isMap(strategy.value)))
    findings.report(strategy, { message: 'says neither canary nor blueGreen', fix })
  if (set.length > 1) findings.report(strategy, { message: 'says both canary and blueGreen', fix: 'keep one of them' })
  const { services } = set.includes('canary') ? checkCanary(spec, known, checking) : { services: [] }
  if (set.includes('blueGreen')) checkBlueGreen(spec, checking)
  return services
}

function checkCanary(spec: Field, known: RouterKnowledge, checking: Checking): Routing {
  const { findings } = checking
  const canary = at(spec, 'strategy', 'canary')
  expectMap(canary, findings)
  const stable = textIn(child(canary, 'stableService'), findings)
  const service = textIn(child(canary, 'canaryService'), findings)
  if (stable && stable === service)
    findings.report(child(canary, 'canaryService'), wrong(child(canary, 'canaryService'), 'stableService, too', 'write another Service'))
  const routing = checkTrafficRouting(canary, known, findings)
  for (const extra of routing.services)
    if (extra.value === stable || extra.value === service)
      findings.report(extra, wrong(extra, `${extra.value === stable ? 'stableService' : 'canaryService'} already`, 'leave it out here'))
  checkShares(canary, findings)
  checkDelays(spec, canary, findings)
  const delay = child(canary, 'scaleDownDelaySeconds')
  if (isSet(delay) && !routing.isRouted)
    findings.report(delay, { message: 'needs trafficRouting: without it, old pods make room for new ones', fix: 'leave it out' })
  for (const step of listIn(child(canary, 'steps'), findings)) checkStep(step, { ...checking, ...routing })
  checkAnalysis(child(canary, 'analysis'), checking)
  return routing
}

function checkShares(canary: Field, findings: Findings): void {
  const surge = child(canary, 'maxSurge')
  const unavailable = child(canary, 'maxUnavailable')
  const shares = [surge, unavailable].map((field) => intOrPercentIn(field, findings))
  if (shares.every((share) => share === 0))
    findings.report(surge, { message: 'is 0, and so is maxUnavailable: no pod could ever be replaced', fix: 'write 1 or more for one of them' })
}

function checkDelays(spec: Field, strategy: Field, findings: Findings): void {
  for (const name of ['scaleDownDelaySeconds', 'abortScaleDownDelaySeconds']) integerIn(child(strategy, name), findings)
  const limit = child(strategy, 'scaleDownDelayRevisionLimit')
  const revisions = integerIn(limit, findings)
  const history = child(spec, 'revisionHistoryLimit').value ?? defaultHistory
  // Only of a blue-green one, as upstream has it: canaries of users say otherwise, and nothing comes of it.
  if (strategy.path.at(-1) === 'blueGreen' && revisions !== undefined && typeof history === 'number' && revisions > history)
    findings.report(limit, wrong(limit, `above revisionHistoryLimit ${history}`, `write at most ${history}, or raise revisionHistoryLimit`))
}

function checkBlueGreen(spec: Field, checking: Checking): void {
  const { findings } = checking
  const blueGreen = at(spec, 'strategy', 'blueGreen')
  expectMap(blueGreen, findings)
  if (!isMap(blueGreen.value)) return
  const active = requiredText(child(blueGreen, 'activeService'), findings, 'the Service that users reach')
  const preview = child(blueGreen, 'previewService')
  if (textIn(preview, findings) && preview.value === active)
    findings.report(preview, wrong(preview, 'activeService, too', 'write another Service, or leave it out'))
  integerIn(child(blueGreen, 'previewReplicaCount'), findings)
  integerIn(child(blueGreen, 'autoPromotionSeconds'), findings)
  flagIn(child(blueGreen, 'autoPromotionEnabled'), findings)
  intOrPercentIn(child(blueGreen, 'maxUnavailable'), findings)
  checkDelays(spec, blueGreen, findings)
  checkAnalysis(child(blueGreen, 'prePromotionAnalysis'), checking)
  checkAnalysis(child(blueGreen, 'postPromotionAnalysis'), checking)
}
