import type { Container } from '../../../api/container.ts'
import type { Pod } from '../../../api/pod.ts'
import type { Job } from '../../../api/workloads.ts'
import { controllerReference } from '../ownership.ts'
import { podFromTemplate } from '../podFromTemplate.ts'
import { indexAnnotation, trackingFinalizer } from './tally.ts'

export const jobKind = { apiVersion: 'batch/v1', kind: 'Job' }
/** The API server draws names of 63 characters at most, 5 of them by lot. */
const prefixMaximum = 58
const indexVariable = 'JOB_COMPLETION_INDEX'

/** `index` is that of an indexed Job's pod, which is told it by annotation, label, host name and environment. */
export function jobPod(job: Job, index: number | undefined): Pod {
  const plain = podFromTemplate(job, job.spec.template, controllerReference(job, jobKind))
  const pod = { ...plain, metadata: { ...plain.metadata, finalizers: [...new Set([...(plain.metadata.finalizers ?? []), trackingFinalizer])] } }
  if (index === undefined) return pod
  const { name } = job.metadata
  const suffix = `-${index}-`
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name.slice(0, prefixMaximum - suffix.length)}${suffix}`,
      labels: { ...pod.metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...pod.metadata.annotations, [indexAnnotation]: String(index) },
    },
    spec: {
      ...pod.spec,
      hostname: `${name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(pod.spec.initContainers && { initContainers: pod.spec.initContainers.map(withIndex) }),
    },
  }
}

function withIndex(container: Container): Container {
  const { env = [] } = container
  if (env.some(({ name }) => name === indexVariable)) return container
  return { ...container, env: [...env, { name: indexVariable, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } }] }
}

/** Without what keeps it until it is counted. */
export function untracked(pod: Pod): Pod {
  const { finalizers = [], ...metadata } = pod.metadata
  const left = finalizers.filter((finalizer) => finalizer !== trackingFinalizer)
  return { ...pod, metadata: { ...metadata, ...(left.length > 0 && { finalizers: left }) } }
}
