import { flag, int32, list, nullable, open, type Schema, text, time } from './schema.ts'

const runStatus = nullable(open('An AnalysisRun.', { name: text('Its name.'), status: text('Its phase.'), message: text('Why.') }))
const weight = open('One version.', {
  weight: int32('Its share.'),
  serviceName: text('Its Service.'),
  podTemplateHash: text('Hash of its pods.'),
})

/** Fields that nobody here knows are kept: older and newer controllers have others. */
export const rolloutStatus: Schema = open('How it goes.', {
  phase: text('Healthy, Progressing, Paused or Degraded.'),
  message: text('Why; what it waits for.'),
  observedGeneration: text('metadata.generation that this is about.'),
  workloadObservedGeneration: text('The same of what workloadRef names.'),
  replicas: int32('Pods of all versions.'),
  updatedReplicas: int32('Pods of the wanted version.'),
  readyReplicas: int32('Ready pods.'),
  availableReplicas: int32('Pods that have been ready for minReadySeconds.'),
  HPAReplicas: int32('Pods that count for autoscaling.'),
  selector: text('Which they are.'),
  currentPodHash: text("Hash of the wanted version's pods."),
  stableRS: text("Hash of the stable version's pods."),
  currentStepIndex: nullable(int32('Index of the present step; their number when all are done.')),
  currentStepHash: text('Hash of the list of steps.'),
  collisionCount: nullable(int32('To tell equal hashes apart.')),
  pauseConditions: nullable(
    list('Why it is paused.', open('One reason.', { reason: text('CanaryPauseStep, BlueGreenPause …'), startTime: time('Since when.') })),
  ),
  controllerPause: flag('It was not a person who paused it.'),
  abort: flag('This version is not to be released.'),
  abortedAt: nullable(time('Since when.')),
  promoteFull: flag('Skip what is left of steps, pauses and analyses.'),
  restartedAt: time('The last spec.restartAt that has been done.'),
  conditions: list(
    'What is the case.',
    open('One condition.', {
      type: text('Available, Progressing, Paused, Healthy, Completed, InvalidSpec or ReplicaFailure.'),
      status: text('True, False or Unknown.'),
      reason: text('In a word.'),
      message: text('For people.'),
      lastUpdateTime: time('When it was last told.'),
      lastTransitionTime: time('When `status` changed.'),
    }),
  ),
  canary: open('Of a canary.', {
    weights: nullable(
      open('Shares as they are at the edges.', {
        canary: weight,
        stable: weight,
        additional: list('Experiments.', weight),
        verified: nullable(flag('Every edge that is needed has them.')),
      }),
    ),
    currentStepAnalysisRunStatus: runStatus,
    currentBackgroundAnalysisRunStatus: runStatus,
    currentExperiment: text("The present step's Experiment."),
  }),
  blueGreen: open('Of a blue-green release.', {
    activeSelector: text('Hash that activeService selects.'),
    previewSelector: text('Hash that previewService selects.'),
    scaleUpPreviewCheckPoint: flag('The preview may grow to full size.'),
    prePromotionAnalysisRunStatus: runStatus,
    postPromotionAnalysisRunStatus: runStatus,
  }),
  spillway: open('What other controllers do not have.', { router: text("edge or pods: who carries out this revision's traffic.") }),
})
