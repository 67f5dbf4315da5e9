import type { Unstructured } from '../../unstructured.ts'
import { sameValue } from '../fieldErrors.ts'
import { age, column, count, labelText, listed, name, selectorText, spec, status, templateColumns } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draft, draftIn, drafts, fields, isFields, items, number, orDefault, size, text } from './fields.ts'
import type { Kind } from './kind.ts'
import { defaultPodTemplate } from './podTemplate.ts'
import { templateErrors } from './validation/podSpec.ts'
import { daemonSetErrors, revisionErrors, statefulSetErrors } from './validation/workloads.ts'
import { isChanged, templateWarnings } from './warnings.ts'
import { scale } from './workloads.ts'

/** Workloads that are kept here, but that no controller of the sandbox acts upon. */

const template = (object: Unstructured): unknown => spec(object).template

function defaultStatefulSet(statefulSet: Draft): void {
  const made = draftIn(statefulSet, 'spec')
  orDefault(made, { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10 })
  const strategy = draftIn(made, 'updateStrategy')
  if (text(strategy.type) === '') {
    strategy.type = 'RollingUpdate'
    draftIn(strategy, 'rollingUpdate')
  }
  if (strategy.type === 'RollingUpdate' && isFields(strategy.rollingUpdate)) orDefault(draft(strategy.rollingUpdate), { partition: 0 })
  orDefault(draftIn(made, 'persistentVolumeClaimRetentionPolicy'), { whenDeleted: 'Retain', whenScaled: 'Retain' })
  for (const claim of drafts(made.volumeClaimTemplates)) {
    Object.assign(claim, { kind: 'PersistentVolumeClaim', apiVersion: 'v1' })
    orDefault(draftIn(claim, 'spec'), { volumeMode: 'Filesystem' })
    orDefault(draftIn(claim, 'status'), { phase: 'Pending' })
  }
  defaultPodTemplate(made)
}

export const statefulSet: Kind = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shape: 'apps.StatefulSet',
  shortNames: ['sts'],
  categories: ['all'],
  subresources: { status: true, scale },
  keepsGeneration: true,
  defaults: defaultStatefulSet,
  errors: statefulSetErrors,
  *warnings(object, old) {
    if (isChanged(object.spec, old, spec)) yield* templateWarnings(template(object), 'spec.template')
  },
  columns: [
    column('Ready', 'How many of the wanted pods are ready.', (each) => `${number(status(each).readyReplicas)}/${number(spec(each).replicas)}`),
  ],
  columnsAfterAge: templateColumns(template),
})

const generationKey = 'deprecated.daemonset.template.generation'

function defaultDaemonSet(daemonSet: Draft): void {
  const made = draftIn(daemonSet, 'spec')
  const strategy = draftIn(made, 'updateStrategy')
  orDefault(made, { revisionHistoryLimit: 10 })
  orDefault(strategy, { type: 'RollingUpdate' })
  if (strategy.type === 'RollingUpdate') orDefault(draftIn(strategy, 'rollingUpdate'), { maxUnavailable: 1, maxSurge: 0 })
  defaultPodTemplate(made)
}

function countTemplates(daemonSet: Draft, generation: number): void {
  const metadata = draftIn(daemonSet, 'metadata')
  const annotations = { ...fields(metadata.annotations), [generationKey]: String(generation) }
  metadata.annotations = annotations
}

export const daemonSet: Kind = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shape: 'apps.DaemonSet',
  shortNames: ['ds'],
  categories: ['all'],
  subresources: { status: true },
  keepsGeneration: true,
  defaults: defaultDaemonSet,
  errors: daemonSetErrors,
  *warnings(object, old) {
    if (isChanged(object.spec, old, spec)) yield* templateWarnings(template(object), 'spec.template')
  },
  onCreate: (daemonSet) => countTemplates(daemonSet, 1),
  onUpdate(daemonSet, old) {
    const before = Number(old.metadata.annotations?.[generationKey] ?? 0)
    countTemplates(daemonSet, sameValue(draft(daemonSet.spec).template, spec(old).template) ? before : before + 1)
  },
  columns: [
    count('Desired', 'How many nodes should run a pod.', (each) => status(each).desiredNumberScheduled),
    count('Current', 'How many of them do.', (each) => status(each).currentNumberScheduled),
    count('Ready', 'How many pods are ready.', (each) => status(each).numberReady),
    count('Up-to-date', 'How many pods have the template of now.', (each) => status(each).updatedNumberScheduled),
    count('Available', 'How many pods have been ready for long enough.', (each) => status(each).numberAvailable),
    column('Node Selector', 'The labels of the nodes that are meant.', (each) => labelText(fields(fields(template(each)).spec).nodeSelector)),
  ],
  columnsAfterAge: templateColumns(template, (each) => selectorText(spec(each).selector)),
})

function defaultReplicationController(controller: Draft): void {
  const made = draftIn(controller, 'spec')
  orDefault(made, { replicas: 1 })
  if (isFields(made.template)) defaultPodTemplate(made)
  const labels = fields(fields(fields(made.template).metadata).labels)
  const metadata = draftIn(controller, 'metadata')
  if (size(labels) === 0) return
  if (size(made.selector) === 0) made.selector = { ...labels }
  if (size(metadata.labels) === 0) metadata.labels = { ...labels }
}

export const replicationController: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  subresources: { status: true, scale },
  keepsGeneration: true,
  defaults: defaultReplicationController,
  columns: [
    count('Desired', 'How many pods are wanted.', (each) => spec(each).replicas),
    count('Current', 'How many pods there are.', (each) => status(each).replicas),
    count('Ready', 'How many pods are ready.', (each) => status(each).readyReplicas),
  ],
  columnsAfterAge: templateColumns(template, (each) => labelText(spec(each).selector)),
  selectableFields: { 'status.replicas': (each) => String(number(status(each).replicas)) },
  more: { defaultPropagation: 'Orphan' },
})

const containers = (object: Unstructured) => items(fields(fields(object.template).spec).containers)

export const podTemplate: Kind = {
  ...defineKind({
    group: '',
    version: 'v1',
    kind: 'PodTemplate',
    plural: 'podtemplates',
    defaults: defaultPodTemplate,
    errors: ({ template }) => templateErrors(fields(template), 'template'),
    more: { returnsDeleted: true },
    onCreate(made) {
      made.metadata = { ...fields(made.metadata), generation: 1 }
    },
    onUpdate(made, old) {
      const generation = old.metadata.generation ?? 0
      made.metadata = { ...fields(made.metadata), generation: sameValue(made.template, old.template) ? generation : generation + 1 }
    },
  }),
  columns: [
    name,
    column('Containers', 'The names of the containers.', (each) => listed(containers(each), 'name')),
    column('Images', 'The images of the containers.', (each) => listed(containers(each), 'image')),
    column('Pod Labels', 'The labels of pods that are made of it.', (each) => labelText(fields(fields(each.template).metadata).labels)),
  ],
}

export const controllerRevision: Kind = {
  ...defineKind({
    group: 'apps',
    version: 'v1',
    kind: 'ControllerRevision',
    plural: 'controllerrevisions',
    shape: 'apps.ControllerRevision',
    errors: revisionErrors,
  }),
  columns: [
    name,
    column('Controller', 'Whose revision it is.', ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
      if (owner === undefined) return '<none>'
      const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
      return `${owner.kind}${group}`.toLowerCase().concat(`/${owner.name}`)
    }),
    { ...count('Revision', 'Its number.', ({ revision }) => revision), type: 'string' },
    age,
  ],
}
