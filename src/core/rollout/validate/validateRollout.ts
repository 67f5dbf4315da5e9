/** Every rule that a Rollout must keep, all at once, with the field, what is wrong and what to write. Total: whatever the object is. */
import { msOf } from '../../../api/time.ts'
import type { CompileRegex } from '../../routing/types.ts'
import { at, child, expectMap, flagIn, integerIn, isMap, isSet, textIn, wrong } from '../../spec/field.ts'
import { type Field, type Findings, mistakeText, openFindings, type SpecMistake } from '../../spec/findings.ts'
import type { RouterFacts } from '../observed.ts'
import { checkSelected, checkSelector } from './labels.ts'
import { checkPodTemplate } from './podTemplate.ts'
import { checkServices, type ServicesKnown } from './services.ts'
import { checkStrategy } from './strategy.ts'
import type { RouterKnowledge } from './trafficRouting.ts'
import { reportUnsupported } from './unsupported.ts'

/** What of the world the rules ask for: `Observed` is one. */
export type RolloutWorld = {
  /** Undefined: not known, and not looked for. */
  readonly services?: ServicesKnown['services'] | undefined
  readonly claimedBy?: ServicesKnown['claimedBy'] | undefined
  readonly isPartial?: boolean | undefined
  /** Undefined once it is decided who carries out the revision: `status.spillway` says who. */
  readonly router?: RouterFacts | undefined
}

export function validateRollout(
  rollout: unknown,
  { services, claimedBy = new Map(), isPartial, router }: RolloutWorld,
  compileRegex: CompileRegex,
): readonly SpecMistake[] {
  const findings = openFindings()
  const root: Field = { path: [], value: rollout }
  const spec = child(root, 'spec')
  if (!isMap(spec.value)) {
    findings.report(
      spec,
      isSet(spec) ? wrong(spec, 'no map', 'write fields') : { message: 'is missing', fix: 'write selector, template and strategy' },
    )
    return findings.mistakes
  }
  checkPods(spec, findings)
  checkNumbers(spec, findings)
  const recorded = at(root, 'status', 'spillway', 'router').value
  const known: RouterKnowledge = { facts: router, recorded: recorded === 'edge' || recorded === 'pods' ? recorded : undefined }
  const more = checkStrategy(spec, known, { findings, compileRegex })
  reportUnsupported(spec, findings)
  if (services !== undefined) checkServices(root, more, { services, claimedBy, isPartial }, findings)
  return findings.mistakes
}

const shownMistakes = 5

/** For a condition: what is wrong, in one text. */
export function invalidSpecText(mistakes: readonly SpecMistake[]): string {
  const rest = mistakes.length - shownMistakes
  const texts = mistakes.slice(0, shownMistakes).map(mistakeText)
  return `${texts.join('. ')}${rest > 0 ? `. And ${rest} more` : ''}`
}

function checkPods(spec: Field, findings: Findings): void {
  const template = child(spec, 'template')
  // With a reference neither need be there: they come from what it names.
  if (isSet(child(spec, 'workloadRef'))) {
    if (isSet(template) && !(isMap(template.value) && Object.keys(template.value).length === 0))
      findings.report(template, { message: 'template must be empty beside workloadRef', fix: 'keep one of them' })
    return
  }
  const selector = checkSelector(child(spec, 'selector'), findings)
  checkPodTemplate(template, findings)
  checkSelected(spec, selector, findings)
}

const defaultDeadlineSeconds = 600

function checkNumbers(spec: Field, findings: Findings): void {
  integerIn(child(spec, 'replicas'), findings)
  integerIn(child(spec, 'revisionHistoryLimit'), findings)
  const ready = integerIn(child(spec, 'minReadySeconds'), findings) ?? 0
  const deadline = child(spec, 'progressDeadlineSeconds')
  const seconds = integerIn(deadline, findings) ?? (isSet(deadline) ? undefined : defaultDeadlineSeconds)
  if (seconds !== undefined && seconds <= ready)
    findings.report(deadline, { message: `${seconds} is not above minReadySeconds ${ready}`, fix: `write at least ${ready + 1}` })
  for (const name of ['paused', 'progressDeadlineAbort']) flagIn(child(spec, name), findings)
  const restartAt = child(spec, 'restartAt')
  const time = textIn(restartAt, findings)
  if (time !== undefined && msOf(time) === undefined) findings.report(restartAt, wrong(restartAt, 'no time', 'write one like 2030-01-31T12:00:00Z'))
  expectMap(child(spec, 'analysis'), findings)
  for (const name of ['successfulRunHistoryLimit', 'unsuccessfulRunHistoryLimit']) integerIn(at(spec, 'analysis', name), findings)
}
