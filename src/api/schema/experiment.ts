import { analysisRunMetadata, dryRun, experimentAnalyses, measurementRetention } from './analysis.ts'
import { addedMetadata, labelSelector, podTemplate } from './pods.ts'
import { fields, flag, int32, list, oneOf, open, record, type Schema, text, time } from './schema.ts'

const service = record('A Service for its pods.', { name: text('Its name. <experiment>-<template> if absent.') })
const duration = text('How long it runs once all pods are available: 30s, 5m, 1h. Absent: until its analyses have ended, or it is ended.')

export const experimentSpec: Schema = record(
  'Versions to run side by side for a while.',
  {
    templates: list(
      'The versions.',
      fields(
        {
          name: text('Its name in the experiment.'),
          replicas: int32('Pods. 1 if absent.'),
          minReadySeconds: int32('Seconds that a pod must be ready to count as available.'),
          selector: labelSelector,
          template: podTemplate,
          service,
        },
        ['name', 'selector', 'template'],
      ),
    ),
    duration,
    progressDeadlineSeconds: int32('Seconds without progress after which it has failed. 600 if absent.'),
    terminate: flag('End it now.'),
    analyses: experimentAnalyses,
    scaleDownDelaySeconds: int32('Seconds that pods stay after the end. 30 if absent.'),
    dryRun,
    measurementRetention,
    analysisRunMetadata,
  },
  ['templates'],
)

const phase = text('Pending, Running, Successful, Failed, Error or Inconclusive.')
const message = text('Why.')

export const experimentStatus: Schema = open('How it goes.', {
  phase,
  message,
  availableAt: time('When all pods were available.'),
  conditions: list('What is the case.', open('One condition.', { type: text('Which.'), status: text('True, False or Unknown.') })),
  templateStatuses: list(
    'By version.',
    open('One version.', {
      name: text('Its name.'),
      replicas: int32('Pods.'),
      updatedReplicas: int32('Pods of the present template.'),
      readyReplicas: int32('Ready pods.'),
      availableReplicas: int32('Available pods.'),
      collisionCount: { ...int32('To tell equal hashes apart.'), nullable: true },
      status: text('Progressing, Running, Successful, Failed or Error.'),
      message,
      lastTransitionTime: time('When that changed.'),
      serviceName: text('Its Service.'),
      podTemplateHash: text('Hash of its pods.'),
    }),
  ),
  analysisRuns: list('By analysis.', open('One analysis.', { name: text('Its name.'), analysisRun: text('Its AnalysisRun.'), phase, message })),
})

/** An experiment as a step of a canary. */
export const experimentStep: Schema = record(
  'Run versions side by side; go on when that has ended well.',
  {
    templates: list(
      'The versions.',
      fields(
        {
          name: text('Its name in the experiment.'),
          specRef: oneOf('Whose pod template it has.', ['canary', 'stable']),
          replicas: int32('Pods. 1 if absent.'),
          metadata: addedMetadata,
          selector: labelSelector,
          weight: int32('Share of traffic, taken from stable.'),
          service,
        },
        ['name', 'specRef'],
      ),
    ),
    duration,
    analyses: experimentAnalyses,
    dryRun,
    analysisRunMetadata,
    scaleDownDelaySeconds: int32('Seconds that pods stay after the end.'),
  },
  ['templates'],
)
