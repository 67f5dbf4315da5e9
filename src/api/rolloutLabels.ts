/** Labels, annotations and names that Argo Rollouts' tools know, and ours beside them. */

/** On ReplicaSets, their pods, and in the selectors of Services. */
export const podTemplateHashLabel = 'rollouts-pod-template-hash'
export const revisionAnnotation = 'rollout.argoproj.io/revision'
export const revisionHistoryAnnotation = 'rollout.argoproj.io/revision-history'
/** `spec.replicas` when the ReplicaSet was last sized. */
export const desiredReplicasAnnotation = 'rollout.argoproj.io/desired-replicas'
/** On a ReplicaSet: when it goes, RFC 3339. */
export const scaleDownDeadlineAnnotation = 'scale-down-deadline'
/** On a Service: the Rollout that has its selector. */
export const managedByAnnotation = 'argo-rollouts.argoproj.io/managed-by-rollouts'
export const instanceIdLabel = 'argo-rollouts.argoproj.io/controller-instance-id'
/** On ReplicaSets of experiments, which are none of the Rollout's. */
export const experimentNameAnnotation = 'experiment.argoproj.io/name'
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'
export const notifiedAnnotation = 'notified.notifications.argoproj.io'

/** On Services: `edge` are those whose EndpointSlices name the edges; `backend` those kept for a version's pods. */
export const componentLabel = 'spillway.dev/component'
/** On backend Services and TrafficSplits: the Rollout. */
export const rolloutLabel = 'spillway.dev/rollout'

/** In `trafficRouting.plugins`. */
export const edgePlugin = 'spillway/edge'
export const edgeIngressClass = 'spillway'
export const edgeIngressController = 'spillway.dev/edge'
/** Of the tokens by which the controller reads reports. */
export const edgeAudience = 'spillway-edge'

export const rolloutGroup = 'argoproj.io'
export const spillwayGroup = 'spillway.dev'
export const rolloutVersion = 'v1alpha1'
