import type { Unstructured } from '../../unstructured.ts'
import { fromV2, toV2 } from './autoscalingConversion.ts'
import { column, count, spec, status } from './cells.ts'
import { defineKind } from './define.ts'
import { type Draft, draftIn, type Fields, fields, isFields, isSet, items, number, orDefault, size, text } from './fields.ts'
import type { Column, Kind } from './kind.ts'
import { autoscalerErrors } from './validation/autoscaling.ts'
import { wireForm } from './wireForm.ts'

const periodSeconds = 15
const scaleUp: Fields = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds },
    { type: 'Percent', value: 100, periodSeconds },
  ],
}
const scaleDown: Fields = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds }] }

function defaultV2(autoscaler: Draft): void {
  const made = draftIn(autoscaler, 'spec')
  orDefault(made, { minReplicas: 1 })
  if (size(made.metrics) === 0)
    made.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]
  if (!isFields(made.behavior)) return
  made.behavior = { scaleUp: { ...scaleUp, ...fields(made.behavior.scaleUp) }, scaleDown: { ...scaleDown, ...fields(made.behavior.scaleDown) } }
}

const metricsShown = 2
const unknown = '<unknown>'

function targetText(autoscaler: Unstructured): string {
  const metrics = items(spec(autoscaler).metrics)
  const current = items(status(autoscaler).currentMetrics)
  const each = metrics.map((metric, index) => metricText(metric, current[index]))
  if (each.length === 0) return '<none>'
  const shown = each.slice(0, metricsShown).join(', ')
  return each.length > metricsShown ? `${shown} + ${each.length - metricsShown} more...` : shown
}

function metricText(metric: Fields, observed: Fields | undefined): string {
  const source = text(metric.type).charAt(0).toLowerCase() + text(metric.type).slice(1)
  const target = fields(fields(metric[source]).target)
  const current = fields(fields(observed?.[source]).current)
  const amount = (value: unknown): string => (isSet(value) ? text(value) : unknown)
  switch (metric.type) {
    case 'External':
    case 'Object':
      if (isSet(target.averageValue)) return `${amount(current.averageValue)}/${text(target.averageValue)} (avg)`
      return `${amount(current.value)}/${text(target.value)}`
    case 'Pods':
      return `${amount(current.averageValue)}/${text(target.averageValue)}`
    case 'Resource':
    case 'ContainerResource': {
      const name = text(fields(metric[source]).name)
      if (isSet(target.averageValue)) return `${name}: ${amount(current.averageValue)}/${text(target.averageValue)}`
      const percent = (value: unknown, none: string): string => (isSet(value) ? `${number(value)}%` : none)
      return `${name}: ${percent(current.averageUtilization, unknown)}/${percent(target.averageUtilization, '<auto>')}`
    }
    default:
      return '<unknown type>'
  }
}

function columnsBy(read: (object: Unstructured) => Unstructured): readonly Column[] {
  return [
    column(
      'Reference',
      'What it scales.',
      (each) => `${text(fields(spec(each).scaleTargetRef).kind)}/${text(fields(spec(each).scaleTargetRef).name)}`,
    ),
    column('Targets', 'What is measured, and what it should be.', (each) => targetText(read(each))),
    column('MinPods', 'How many pods there are at least.', (each) =>
      isSet(spec(each).minReplicas) ? String(number(spec(each).minReplicas)) : '<unset>',
    ),
    { ...count('MaxPods', 'How many pods there are at most.', (each) => spec(each).maxReplicas), type: 'string' },
    { ...count('Replicas', 'How many pods there are.', (each) => status(each).currentReplicas), type: 'string' },
  ]
}

const common = {
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: { status: true },
} as const

export const horizontalPodAutoscaler: Kind = defineKind({
  ...common,
  version: 'v2',
  shape: 'autoscalingv2.HorizontalPodAutoscaler',
  defaults: defaultV2,
  errors: autoscalerErrors,
  columns: columnsBy((each) => each),
})

function toStored(object: Unstructured): Unstructured {
  const made = wireForm('autoscalingv2.HorizontalPodAutoscaler', toV2(object))
  defaultV2(made)
  return made as Unstructured
}

/** The metrics that v1 cannot name are in annotations; what is measured when nothing is said is known in v2 alone. */
export const horizontalPodAutoscalerV1: Kind = defineKind({
  ...common,
  version: 'v1',
  shape: 'autoscalingv1.HorizontalPodAutoscaler',
  defaults: (autoscaler) => orDefault(draftIn(autoscaler, 'spec'), { minReplicas: 1 }),
  errors: (autoscaler) => autoscalerErrors(toStored(autoscaler)),
  conversion: { toStored, fromStored: (object) => wireForm('autoscalingv1.HorizontalPodAutoscaler', fromV2(object)) as Unstructured },
  columns: columnsBy(toV2),
})
