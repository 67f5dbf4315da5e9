import type { Unstructured } from '../../unstructured.ts'
import { column, count, selectorText, spec, status, templateColumns } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draftIn, fields, number, orDefault } from './fields.ts'
import type { Kind } from './kind.ts'
import { defaultPodTemplate } from './podTemplate.ts'
import { deploymentErrors, replicaSetErrors } from './validation/workloads.ts'
import { isChanged, nameWarnings, templateWarnings } from './warnings.ts'

const template = (object: Unstructured): unknown => spec(object).template
const selector = (object: Unstructured): string => selectorText(spec(object).selector)
export const scale = { specReplicas: '.spec.replicas', statusReplicas: '.status.replicas', labelSelector: '.spec.selector' } as const

function* workloadWarnings(object: Unstructured, old: Unstructured | undefined): Iterable<string> {
  if (!isChanged(object.spec, old, spec)) return
  if (old === undefined) yield* nameWarnings(object, 'Pod names and hostnames')
  yield* templateWarnings(template(object), 'spec.template')
}

function defaultDeployment(deployment: Draft): void {
  const made = draftIn(deployment, 'spec')
  orDefault(made, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 })
  const strategy = draftIn(made, 'strategy')
  orDefault(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate') orDefault(draftIn(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' })
  defaultPodTemplate(made)
}

export const deployment: Kind = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shape: 'apps.Deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: { status: true, scale },
  keepsGeneration: true,
  defaults: defaultDeployment,
  errors: deploymentErrors,
  warnings: workloadWarnings,
  onStatusUpdate(deployment, old) {
    deployment.metadata = { ...fields(deployment.metadata), labels: old.metadata.labels }
  },
  columns: [
    column('Ready', 'How many of the wanted pods are ready.', (each) => `${number(status(each).readyReplicas)}/${number(spec(each).replicas)}`),
    { ...count('Up-to-date', 'How many pods have the template of now.', (each) => status(each).updatedReplicas), type: 'string' },
    { ...count('Available', 'How many pods have been ready for long enough.', (each) => status(each).availableReplicas), type: 'string' },
  ],
  columnsAfterAge: templateColumns(template, selector),
  more: { countsAnnotations: true },
})

function defaultReplicaSet(replicaSet: Draft): void {
  const made = draftIn(replicaSet, 'spec')
  orDefault(made, { replicas: 1 })
  defaultPodTemplate(made)
}

export const replicaSet: Kind = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shape: 'apps.ReplicaSet',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: { status: true, scale },
  keepsGeneration: true,
  defaults: defaultReplicaSet,
  errors: replicaSetErrors,
  warnings: workloadWarnings,
  columns: [
    count('Desired', 'How many pods are wanted.', (each) => spec(each).replicas),
    count('Current', 'How many pods there are.', (each) => status(each).replicas),
    count('Ready', 'How many pods are ready.', (each) => status(each).readyReplicas),
  ],
  columnsAfterAge: templateColumns(template, selector),
})
