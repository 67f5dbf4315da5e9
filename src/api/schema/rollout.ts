import type { BlueGreenStrategy, RolloutSpec } from '../rollout.ts'
import { rolloutAnalysis } from './analysis.ts'
import { antiAffinity, canary } from './canary.ts'
import { addedMetadata, labelSelector, podTemplate } from './pods.ts'
import { flag, int32, intOrString, record, type Schema, type SchemasOf, text, time } from './schema.ts'

const blueGreen = record(
  'Run the new version in full beside the old one, then switch.',
  {
    activeService: text('Service that users reach.'),
    previewService: text('Service of the new version until the switch.'),
    previewReplicaCount: int32('Pods of the new version until it is promoted. spec.replicas if absent.'),
    autoPromotionEnabled: flag('Switch without being asked. true if absent.'),
    autoPromotionSeconds: int32('Seconds to wait before that.'),
    maxUnavailable: intOrString('Pods that may be missing while pods are restarted. 25% if absent.'),
    scaleDownDelaySeconds: int32("Seconds that the old version's pods stay after the switch. 30 if absent."),
    scaleDownDelayRevisionLimit: int32('Old versions that may wait so at a time. Absent: any number.'),
    abortScaleDownDelaySeconds: int32("Seconds that the new version's pods stay after an abort. 30 if absent; 0: they stay."),
    prePromotionAnalysis: rolloutAnalysis('Measured before the switch.'),
    postPromotionAnalysis: rolloutAnalysis('Measured after the switch; bad results undo it.'),
    antiAffinity,
    activeMetadata: addedMetadata,
    previewMetadata: addedMetadata,
  } satisfies SchemasOf<BlueGreenStrategy>,
  ['activeService'],
)

export const rolloutSpec: Schema = record('What to run, and how a new version of it is released.', {
  replicas: int32('Pods. 1 if absent.'),
  selector: {
    ...labelSelector,
    description: 'The pods of this Rollout; must match the labels of the template. Not to be changed.',
    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'selector is immutable' }],
  },
  template: podTemplate,
  workloadRef: record('Where the pod template comes from instead.', {
    apiVersion: text('apps/v1 …'),
    kind: text('Deployment, ReplicaSet or PodTemplate.'),
    name: text('Its name.'),
    scaleDown: text("What becomes of a Deployment's own pods: never, onsuccess or progressively."),
  }),
  minReadySeconds: int32('Seconds that a pod must be ready to count as available.'),
  strategy: record('How a new version is released: exactly one of these.', { canary, blueGreen }),
  revisionHistoryLimit: int32('Old versions to which one can go back. 10 if absent.'),
  paused: flag('Let nothing go on.'),
  progressDeadlineSeconds: int32('Seconds without progress after which it is told so. 600 if absent.'),
  progressDeadlineAbort: flag('Abort then.'),
  restartAt: time('Pods older than this are replaced.'),
  rollbackWindow: record('Which old versions come back without steps.', { revisions: int32('How many revisions back.') }),
  analysis: record('How many runs and experiments are kept.', {
    successfulRunHistoryLimit: int32('Successful ones. 5 if absent.'),
    unsuccessfulRunHistoryLimit: int32('Others. 5 if absent.'),
  }),
} satisfies SchemasOf<RolloutSpec>)
