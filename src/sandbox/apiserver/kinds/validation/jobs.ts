import type { Unstructured } from '../../../unstructured.ts'
import { immutable, invalid, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isSet, text } from '../fields.ts'
import { selectorErrors, selectorMatches } from '../metadata.ts'
import { templateErrors } from './podSpec.ts'
import { type Errors, notNegative, oneOf } from './rules.ts'

const counts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
]
const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy']

export function* jobErrors(job: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(job.spec)
  if (spec.manualSelector !== true) yield* generatedErrors(job, spec)
  yield* wholeErrors(spec)
  if (old === undefined) return
  // The server looks at the spec twice when it is changed.
  yield* wholeErrors(spec)
  yield* changeErrors(spec, fields(old.spec), fields(old.status))
}

function* wholeErrors(spec: Fields): Errors {
  yield* jobSpecErrors(spec, 'spec')
  if (!isSet(spec.selector)) yield required('spec.selector')
  else yield* selectorErrors(spec.selector, 'spec.selector')
  const { labels } = fields(fields(spec.template).metadata)
  const because = '`selector` does not match template `labels`'
  if (!selectorMatches(spec.selector, labels)) yield invalid('spec.template.metadata.labels', labels ?? null, because)
}

function* changeErrors(spec: Fields, old: Fields, oldStatus: Fields): Errors {
  if (spec.completionMode !== 'Indexed') yield* immutable('spec.completions', spec.completions, old.completions)
  else if (isSet(spec.completions) && spec.completions !== old.completions && spec.completions !== spec.parallelism) {
    yield invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')
  }
  yield* immutable('spec.selector', spec.selector, old.selector)
  const waits = old.suspend === true && !isSet(oldStatus.startTime)
  if ([...immutable('', compared(spec, old, waits), old.template)].length > 0) yield* immutable('spec.template', spec.template, old.template)
  for (const field of fixed) yield* immutable(`spec.${field}`, spec[field], old[field])
}

/** Where the pods of a job that has never started shall run may still be said. */
function compared(spec: Fields, old: Fields, waits: boolean): Fields {
  const [template, before] = [fields(spec.template), fields(old.template)]
  if (!waits) return template
  const { nodeSelector, tolerations, schedulingGates, affinity } = fields(before.spec)
  return { ...template, metadata: before.metadata, spec: { ...fields(template.spec), nodeSelector, tolerations, schedulingGates, affinity } }
}

function* generatedErrors(job: Unstructured, spec: Fields): Errors {
  const { uid = '', name } = job.metadata
  const labels = fields(fields(fields(spec.template).metadata).labels)
  const expected = { 'controller-uid': uid, 'job-name': name, 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name }
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`
    if (!isSet(labels[key])) yield required(path, `must be '${value}'`)
    else if (labels[key] !== value) yield invalid(path, labels, `must be '${value}'`)
  }
  if (isSet(spec.selector) && !selectorMatches(spec.selector, expected))
    yield invalid('spec.selector', spec.selector, '`selector` not auto-generated')
}

export function* jobSpecErrors(spec: Fields, path: string): Errors {
  for (const field of counts) yield* notNegative(spec[field], `${path}.${field}`)
  if (isSet(spec.completionMode)) yield* oneOf(spec.completionMode, ['NonIndexed', 'Indexed'], `${path}.completionMode`)
  if (spec.completionMode === 'Indexed' && !isSet(spec.completions)) yield required(`${path}.completions`, 'when completion mode is Indexed')
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes']) {
    if (spec.completionMode !== 'Indexed' && isSet(spec[field])) yield invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode')
  }
  const template = fields(spec.template)
  yield* templateErrors(template, `${path}.template`)
  const { restartPolicy } = fields(template.spec)
  const at = `${path}.template.spec.restartPolicy`
  if (restartPolicy === 'Always' || text(restartPolicy) === '') yield required(at, 'valid values: "OnFailure", "Never"')
  else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') yield notSupported(at, restartPolicy, ['OnFailure', 'Never'])
  else if (isSet(spec.podFailurePolicy) && restartPolicy !== 'Never') {
    yield invalid(at, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}

const nameLimit = 52

export function* cronJobErrors(cronJob: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(cronJob.spec)
  if (text(spec.schedule) === '') yield required('spec.schedule')
  else yield* scheduleErrors(text(spec.schedule))
  yield* notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds')
  yield* oneOf(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy')
  for (const field of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']) yield* notNegative(spec[field], `spec.${field}`)
  yield* jobSpecErrors(fields(fields(spec.jobTemplate).spec), 'spec.jobTemplate.spec')
  const { name } = cronJob.metadata
  if (old === undefined && name.length > nameLimit) yield invalid('metadata.name', name, `must be no more than ${nameLimit} characters`)
}

const macros = /^@(annually|yearly|monthly|weekly|daily|midnight|hourly|every .+)$/

/** Five fields, or a word for them. */
function* scheduleErrors(schedule: string): Errors {
  const count = schedule.trim().split(/\s+/).length
  if (macros.test(schedule) || count === 5) return
  yield invalid('spec.schedule', schedule, `expected exactly 5 fields, found ${count}: [${schedule.trim().split(/\s+/).join(' ')}]`)
}
