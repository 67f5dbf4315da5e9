import type { Unstructured } from '../../unstructured.ts'
import { sameValue } from '../fieldErrors.ts'
import { column, count, humanDuration, selectorText, since, spec, status, templateColumns } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draft, draftIn, drafts, fields, isSet, items, number, orDefault, size, text } from './fields.ts'
import type { Kind } from './kind.ts'
import { defaultPodTemplate } from './podTemplate.ts'
import { cronJobErrors, jobErrors } from './validation/jobs.ts'
import { isChanged, nameWarnings, templateWarnings } from './warnings.ts'

const largestInt32 = 2 ** 31 - 1

/** The template's labels become the job's, if it has none. */
function defaultJob(job: Draft): void {
  const made = draftIn(job, 'spec')
  if (!isSet(made.completions) && !isSet(made.parallelism)) made.completions = 1
  orDefault(made, {
    parallelism: 1,
    backoffLimit: isSet(made.backoffLimitPerIndex) ? largestInt32 : 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: isSet(made.podFailurePolicy) ? 'Failed' : 'TerminatingOrFailed',
    manualSelector: false,
  })
  for (const rule of items(draft(made.podFailurePolicy).rules))
    for (const pattern of drafts(rule.onPodConditions)) orDefault(pattern, { status: 'True' })
  defaultPodTemplate(made)
  const labels = fields(fields(fields(made.template).metadata).labels)
  const metadata = draftIn(job, 'metadata')
  if (size(labels) > 0 && size(metadata.labels) === 0) metadata.labels = { ...labels }
}

/** The pods of a job are found by its uid, unless the selector is written by hand. */
function select(job: Draft): void {
  const made = draft(job.spec)
  if (made.manualSelector === true) return
  const { name, uid, labels } = fields(job.metadata)
  const metadata = draftIn(draftIn(made, 'template'), 'metadata')
  // Labels that were taken from the template stay the template's.
  const taken = size(labels) > 0 && sameValue(labels, metadata.labels)
  metadata.labels = {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
    ...fields(metadata.labels),
  }
  if (taken) draft(job.metadata).labels = metadata.labels
  const selector = draftIn(made, 'selector')
  selector.matchLabels = { 'batch.kubernetes.io/controller-uid': uid, ...fields(selector.matchLabels) }
}

function completionText(job: Unstructured): string {
  const { completions, parallelism } = spec(job)
  const succeeded = number(status(job).succeeded)
  if (isSet(completions)) return `${succeeded}/${number(completions)}`
  return number(parallelism) > 1 ? `${succeeded}/1 of ${number(parallelism)}` : `${succeeded}/1`
}

function statusText(job: Unstructured): string {
  const holds = (type: string): boolean => items(status(job).conditions).find((each) => each.type === type)?.status === 'True'
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (isSet(job.metadata.deletionTimestamp)) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running'
}

function durationText(job: Unstructured, nowMs: number): string {
  const { startTime, completionTime } = status(job)
  if (!isSet(startTime)) return ''
  return humanDuration((isSet(completionTime) ? Date.parse(text(completionTime)) : nowMs) - Date.parse(text(startTime)))
}

export const job: Kind = defineKind({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  looks: { asChanged: 2, asNew: 2 },
  shape: 'batch.Job',
  categories: ['all'],
  subresources: { status: true },
  keepsGeneration: true,
  defaults: defaultJob,
  onCreate: select,
  errors: jobErrors,
  *warnings(job, old) {
    if (!isChanged(job.spec, old, spec)) return
    if (old === undefined) yield* nameWarnings(job, 'Pod names and hostnames')
    yield* templateWarnings(spec(job).template, 'spec.template')
  },
  columns: [
    column('Status', 'Whether it runs, or how it has ended.', statusText),
    column('Completions', 'How many of its pods have done their work.', completionText),
    column('Duration', 'How long it has taken.', durationText),
  ],
  columnsAfterAge: templateColumns(
    (each) => spec(each).template,
    (each) => selectorText(spec(each).selector),
  ),
  selectableFields: { 'status.successful': (each) => String(number(status(each).succeeded)) },
  more: { defaultPropagation: 'Orphan' },
})

function defaultCronJob(cronJob: Draft): void {
  const made = draftIn(cronJob, 'spec')
  orDefault(made, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 })
  defaultPodTemplate(draftIn(draftIn(made, 'jobTemplate'), 'spec'))
}

const jobSpec = (cronJob: Unstructured) => fields(fields(spec(cronJob).jobTemplate).spec)

export const cronJob: Kind = defineKind({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shape: 'batch.CronJob',
  shortNames: ['cj'],
  categories: ['all'],
  subresources: { status: true },
  keepsGeneration: true,
  defaults: defaultCronJob,
  errors: cronJobErrors,
  *warnings(cronJob, old) {
    if (!isChanged(cronJob.spec, old, spec)) return
    if (old === undefined) yield* nameWarnings(cronJob, 'Pod names and hostnames')
    yield* templateWarnings(jobSpec(cronJob).template, 'spec.jobTemplate.spec.template')
  },
  columns: [
    column('Schedule', 'When it starts jobs.', (each) => text(spec(each).schedule)),
    column('Timezone', 'By whose clock.', (each) => (isSet(spec(each).timeZone) ? text(spec(each).timeZone) : '<none>')),
    { ...column('Suspend', 'Whether it starts none now.', (each) => (spec(each).suspend === true ? 'True' : 'False')), type: 'boolean' },
    count('Active', 'How many of its jobs run.', (each) => size(status(each).active)),
    column('Last Schedule', 'When it started a job last.', (each, nowMs) =>
      isSet(status(each).lastScheduleTime) ? since(status(each).lastScheduleTime, nowMs) : '<none>',
    ),
  ],
  columnsAfterAge: templateColumns(
    (each) => jobSpec(each).template,
    (each) => selectorText(jobSpec(each).selector),
  ),
})
