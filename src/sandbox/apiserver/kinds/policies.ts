import type { Unstructured } from '../../unstructured.ts'
import { column, count, spec, status } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draftIn, drafts, fields, isSet, orDefault, text } from './fields.ts'
import type { Kind } from './kind.ts'
import { disruptionBudgetErrors, limitRangeErrors, priorityClassErrors, quotaErrors } from './validation/policies.ts'

const shown = (value: unknown): string => (isSet(value) ? String(value) : 'N/A')

export const podDisruptionBudget: Kind = defineKind({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  bareFinalizers: true,
  looks: { asChanged: 1, asNew: 1 },
  errors: disruptionBudgetErrors,
  shape: 'policy.PodDisruptionBudget',
  shortNames: ['pdb'],
  subresources: { status: true },
  keepsGeneration: true,
  columns: [
    column('Min Available', 'How many pods must stay.', (each) => shown(spec(each).minAvailable)),
    column('Max Unavailable', 'How many pods may be missing.', (each) => shown(spec(each).maxUnavailable)),
    count('Allowed Disruptions', 'How many pods may go now.', (each) => status(each).disruptionsAllowed),
  ],
  more: { requiresVersion: true },
})

export const priorityClass: Kind = defineKind({
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  errors: priorityClassErrors,
  shape: 'scheduling.PriorityClass',
  shortNames: ['pc'],
  namespaced: false,
  defaults: (made) => orDefault(made, { preemptionPolicy: 'PreemptLowerPriority' }),
  onCreate(made) {
    made.metadata = { ...fields(made.metadata), generation: 1 }
  },
  columns: [
    count('Value', 'The number that pods of it are given.', ({ value }) => value),
    { ...column('Global-Default', 'Whether pods have it that name none.', ({ globalDefault }) => globalDefault === true), type: 'boolean' },
  ],
  columnsAfterAge: [column('PreemptionPolicy', 'Whether room is made for its pods.', ({ preemptionPolicy }) => text(preemptionPolicy))],
})

/** What a container's limits and requests are, if it names none. */
function defaultLimits(limitRange: Draft): void {
  for (const limit of drafts(draftIn(limitRange, 'spec').limits)) {
    if (limit.type !== 'Container') continue
    limit.default = { ...fields(limit.max), ...fields(limit.default) }
    limit.defaultRequest = { ...fields(limit.min), ...fields(limit.default), ...fields(limit.defaultRequest) }
    for (const field of ['default', 'defaultRequest']) if (Object.keys(fields(limit[field])).length === 0) delete limit[field]
  }
}

export const limitRange: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  defaults: defaultLimits,
  errors: limitRangeErrors,
  more: { allowsCreateOnUpdate: true },
})

function usage(quota: Unstructured, ofLimits: boolean): string {
  const { hard, used } = status(quota)
  const names = Object.keys(fields(hard)).filter((name) => name.startsWith('limits.') === ofLimits)
  return names
    .sort()
    .map((name) => `${name}: ${text(fields(used)[name]) || '0'}/${text(fields(hard)[name])}`)
    .join(', ')
}

export const resourceQuota: Kind = defineKind({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  errors: quotaErrors,
  shortNames: ['quota'],
  subresources: { status: true },
  columns: [
    column('Request', 'What is used of what may be requested.', (each) => usage(each, false)),
    column('Limit', 'What is used of the limits.', (each) => usage(each, true)),
  ],
  more: { returnsDeleted: true },
})
