/** Analysis as it stands in templates, runs, Rollouts and Experiments. */

import { addedMetadata } from './pods.ts'
import { provider } from './providers.ts'
import { fields, flag, int32, intOrString, list, open, record, type Schema, text, textMap, time } from './schema.ts'

const metric = record(
  'Something to measure, and what is good.',
  {
    name: text('Unique in the template.'),
    interval: text('Time from one measurement to the next: 30s, 5m, 1h. Needed where there are several.'),
    initialDelay: text('Time before the first measurement.'),
    count: intOrString('Measurements to take. Absent: one, or without end where there is an interval.'),
    successCondition: text('Expression over `result` that is true of a good measurement: result[0] >= 0.95.'),
    failureCondition: text('Expression over `result` that is true of a bad one. Neither good nor bad: inconclusive.'),
    failureLimit: intOrString('Bad measurements that are tolerated. 0 if absent; -1: any number.'),
    inconclusiveLimit: intOrString('Inconclusive measurements that are tolerated. 0 if absent.'),
    consecutiveErrorLimit: intOrString('Errors in a row that are tolerated. 4 if absent.'),
    consecutiveSuccessLimit: intOrString('Good measurements in a row after which the metric has passed. 0, or absent: off.'),
    provider,
  },
  ['name', 'provider'],
)

const fieldRef = record("A field of the Rollout's.", { fieldPath: text("metadata.labels['region'], spec.replicas …") }, ['fieldPath'])

const templateArgument = record(
  'An argument: {{args.name}} in the metrics.',
  {
    name: text('Its name.'),
    value: text('Its value, or the default.'),
    valueFrom: record('Where its value comes from.', {
      secretKeyRef: record('A Secret in the namespace.', { name: text('The Secret.'), key: text('Its key.') }, ['name', 'key']),
      fieldRef,
    }),
  },
  ['name'],
)

/** Arguments that a Rollout or an Experiment gives to templates. */
const givenArgument = record(
  'An argument for the templates.',
  {
    name: text('Its name.'),
    value: text('Its value.'),
    valueFrom: record('Where its value comes from.', {
      podTemplateHashValue: text("Stable or Latest: the hash of that version's pods."),
      fieldRef,
    }),
  },
  ['name'],
)

export const givenArguments: Schema = list('Arguments for the templates.', givenArgument)

export const dryRun: Schema = list(
  'Metrics that are measured, but do not count.',
  record('Which.', { metricName: text('RE2 expression over names of metrics.') }, ['metricName']),
)
export const measurementRetention: Schema = list(
  'How many measurements are kept. 10 if absent.',
  record('Of which metrics, and how many.', { metricName: text('RE2 expression over names of metrics.'), limit: int32('How many.') }, [
    'metricName',
    'limit',
  ]),
)
export const analysisRunMetadata: Schema = { ...addedMetadata, description: 'Labels and annotations for the AnalysisRuns.' }

const templateReferences = list(
  'Templates, all of whose metrics are measured.',
  fields({ templateName: text('Its name.'), clusterScope: flag('A ClusterAnalysisTemplate rather than an AnalysisTemplate.') }),
)

/** Analysis as a Rollout asks for it. */
export function rolloutAnalysis(description: string, more: Readonly<Record<string, Schema>> = {}): Schema {
  return record(description, { templates: templateReferences, args: givenArguments, dryRun, measurementRetention, analysisRunMetadata, ...more })
}

const metrics = list('What to measure.', metric)
const templateArguments = list('Arguments, with defaults where they have one.', templateArgument)

export const analysisTemplateSpec: Schema = record('What to measure.', {
  metrics,
  args: templateArguments,
  dryRun,
  measurementRetention,
  templates: { ...templateReferences, description: 'Templates whose metrics are taken too.' },
})

export const analysisRunSpec: Schema = record(
  'What to measure, with its arguments.',
  {
    metrics,
    args: templateArguments,
    dryRun,
    measurementRetention,
    terminate: flag('End it now.'),
    ttlStrategy: record('When it is deleted, in seconds after its end.', {
      secondsAfterCompletion: int32('However it ended.'),
      secondsAfterFailure: int32('When it failed.'),
      secondsAfterSuccess: int32('When it succeeded.'),
    }),
  },
  ['metrics'],
)

const phase = text('Pending, Running, Successful, Failed, Error or Inconclusive.')
const message = text('Why.')
const runSummary = open('How many metrics there were, and how they ended.', {
  count: int32('All.'),
  successful: int32('Passed.'),
  failed: int32('Failed.'),
  inconclusive: int32('Neither.'),
  error: int32('Not to be measured.'),
})

export const analysisRunStatus: Schema = open('How it goes.', {
  phase,
  message,
  startedAt: time('When it began.'),
  completedAt: time('When it ended.'),
  runSummary,
  dryRunSummary: { ...runSummary, description: 'The same for dry runs.' },
  metricResults: list(
    'By metric.',
    open('One metric.', {
      name: text('Its name.'),
      phase,
      message,
      dryRun: flag('It does not count.'),
      count: int32('Measurements without error.'),
      successful: int32('Good ones.'),
      failed: int32('Bad ones.'),
      inconclusive: int32('Inconclusive ones.'),
      error: int32('Errors.'),
      consecutiveError: int32('Errors in a row.'),
      consecutiveSuccess: int32('Good ones in a row.'),
      metadata: textMap('What the provider tells.'),
      measurements: list(
        'The latest.',
        open('One measurement.', {
          phase,
          message,
          value: text('What was measured.'),
          startedAt: time('When it began.'),
          finishedAt: time('When it ended.'),
          resumeAt: time('When it goes on.'),
          metadata: textMap('What the provider tells.'),
        }),
      ),
    }),
  ),
})

/** How Experiments, and experiment steps, name their analyses. */
export const experimentAnalyses: Schema = list(
  'Analyses to run.',
  fields(
    {
      name: text('Its name in this list.'),
      templateName: text('The template.'),
      clusterScope: flag('A ClusterAnalysisTemplate rather than an AnalysisTemplate.'),
      args: givenArguments,
      requiredForCompletion: flag('The experiment ends only when it has ended.'),
    },
    ['name', 'templateName'],
  ),
)
