import { horizontalPodAutoscaler, horizontalPodAutoscalerV1 } from './autoscaling.ts'
import { persistentVolumeClaim } from './claims.ts'
import { configMap, secret } from './configs.ts'
import { endpointSlice, endpoints } from './endpoints.ts'
import { coreEvent, event } from './events.ts'
import { cronJob, job } from './jobs.ts'
import { controllerRevision, daemonSet, podTemplate, replicationController, statefulSet } from './keptWorkloads.ts'
import type { Kind } from './kind.ts'
import { lease } from './leases.ts'
import { namespace, serviceAccount } from './namespaces.ts'
import { ingress, ingressClass, networkPolicy } from './networking.ts'
import { node } from './nodes.ts'
import { pod } from './pods.ts'
import { limitRange, podDisruptionBudget, priorityClass, resourceQuota } from './policies.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts'
import { service } from './services.ts'
import { deployment, replicaSet } from './workloads.ts'

/** Every kind that is served without a CustomResourceDefinition, by group, and sorted as discovery lists them. */
export const builtinKinds: readonly Kind[] = [
  ...[configMap, endpoints, coreEvent, limitRange, namespace, node, persistentVolumeClaim, pod, podTemplate, replicationController, resourceQuota],
  ...[secret, serviceAccount, service],
  ...[controllerRevision, daemonSet, deployment, replicaSet, statefulSet],
  ...[horizontalPodAutoscaler, horizontalPodAutoscalerV1],
  ...[cronJob, job],
  ...[lease, endpointSlice, event],
  ...[ingressClass, ingress, networkPolicy],
  podDisruptionBudget,
  ...[clusterRoleBinding, clusterRole, roleBinding, role],
  priorityClass,
]
