import type { Unstructured } from '../../unstructured.ts'
import { type Fields, fields, isFields, isSet, items, text } from './fields.ts'

/** Between autoscaling/v1, which knows the CPU's utilization alone and writes all else into annotations, and v2, as which all are kept. */

const prefix = 'autoscaling.alpha.kubernetes.io/'
const carriers = ['metrics', 'current-metrics', 'conditions', 'behavior'].map((name) => `${prefix}${name}`)

function isCpuUtilization(metric: Fields): boolean {
  const { name, target } = fields(metric.resource)
  return metric.type === 'Resource' && name === 'cpu' && isSet(fields(target).averageUtilization)
}

function cpuMetric(averageUtilization: unknown): Fields {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }
}

export function fromV2(object: Unstructured): Unstructured {
  const { metrics, behavior, ...spec } = fields(object.spec)
  const { currentMetrics, conditions, ...status } = fields(object.status)
  const cpu = items(metrics).find(isCpuUtilization)
  const current = items(currentMetrics).findLast(({ type, resource }) => type === 'Resource' && fields(resource).name === 'cpu')
  const utilization = fields(fields(current?.resource).current).averageUtilization
  const others = items(metrics).filter((metric) => !isCpuUtilization(metric))
  const carried = {
    ...(others.length > 0 && { [`${prefix}metrics`]: JSON.stringify(others.map((metric) => metricFromV2(metric, 'target', 'target'))) }),
    ...(items(currentMetrics).length > 0 && {
      [`${prefix}current-metrics`]: JSON.stringify(items(currentMetrics).map((metric) => metricFromV2(metric, 'current', 'current'))),
    }),
    ...(isFields(behavior) && { [`${prefix}behavior`]: JSON.stringify(inGoNames(behavior)) }),
    ...(items(conditions).length > 0 && { [`${prefix}conditions`]: JSON.stringify(conditions) }),
  }
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(object, carried),
    spec: { ...spec, ...(cpu !== undefined && { targetCPUUtilizationPercentage: fields(fields(cpu.resource).target).averageUtilization }) },
    status: { ...status, ...(isSet(utilization) && { currentCPUUtilizationPercentage: utilization }) },
  }
}

export function toV2(object: Unstructured): Unstructured {
  const { targetCPUUtilizationPercentage: utilization, ...spec } = fields(object.spec)
  const { currentCPUUtilizationPercentage, ...status } = fields(object.status)
  const carried = (name: string): unknown => parsed(object.metadata.annotations?.[`${prefix}${name}`])
  const own = isSet(utilization) ? [cpuMetric(utilization)] : []
  const metrics = [...items(carried('metrics')).map((metric) => metricToV2(metric, 'target')), ...own]
  const behavior = carried('behavior')
  const current = items(carried('current-metrics')).map((metric) => metricToV2(metric, 'current'))
  const shown = isSet(currentCPUUtilizationPercentage)
    ? [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: currentCPUUtilizationPercentage } } }]
    : []
  const conditions = items(carried('conditions'))
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object, {}),
    spec: { ...spec, metrics: metrics.length > 0 ? metrics : [cpuMetric(80)], ...(isFields(behavior) && { behavior: inJsonNames(behavior) }) },
    status: { ...status, currentMetrics: current.length > 0 ? current : shown, ...(conditions.length > 0 && { conditions }) },
  }
}

/** In place of those that carried something before. */
function withAnnotations({ metadata }: Unstructured, carried: Readonly<Record<string, string>>): Unstructured['metadata'] {
  const { annotations = {}, ...rest } = metadata
  const kept = Object.entries(annotations).filter(([key]) => !carriers.includes(key))
  const all = { ...Object.fromEntries(kept), ...carried }
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all }
}

function parsed(annotation: string | undefined): unknown {
  if (annotation === undefined) return undefined
  try {
    return JSON.parse(annotation)
  } catch {
    // What a user has written there himself may be anything; it then carries nothing.
    return undefined
  }
}

/** Where each type of metric has its names: `target` of a spec, `current` of a status. */
const sources: Readonly<Record<string, string>> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function metricFromV2(metric: Fields, word: string, field: 'target' | 'current'): Fields {
  const source = sources[text(metric.type)] ?? ''
  const { metric: identified, describedObject, name, container } = fields(metric[source])
  const { value, averageValue, averageUtilization } = fields(fields(metric[source])[field])
  const { name: metricName, selector } = fields(identified)
  const isResource = source === 'resource' || source === 'containerResource'
  const average = isResource || source === 'pods' || source === 'external' ? `${word}AverageValue` : 'averageValue'
  const selects = source === 'external' ? 'metricSelector' : 'selector'
  const body = {
    ...(isSet(describedObject) && { target: describedObject }),
    ...(isResource ? { name } : { metricName }),
    ...(isSet(container) && { container }),
    ...(isSet(selector) && { [selects]: selector }),
    ...(isSet(value) && { [`${word}Value`]: value }),
    ...(isSet(averageUtilization) && { [`${word}AverageUtilization`]: averageUtilization }),
    ...(isSet(averageValue) && { [average]: averageValue }),
  }
  return { type: metric.type, [source]: body }
}

function metricToV2(metric: Fields, field: 'target' | 'current'): Fields {
  const source = sources[text(metric.type)] ?? ''
  const body = fields(metric[source])
  const averageValue = body[`${field}AverageValue`] ?? body.averageValue
  const [value, averageUtilization] = [body[`${field}Value`], body[`${field}AverageUtilization`]]
  const type = isSet(averageUtilization) ? 'Utilization' : isSet(averageValue) ? 'AverageValue' : 'Value'
  const selector = body.selector ?? body.metricSelector
  const amounts = {
    ...(field === 'target' && { type }),
    ...(isSet(value) && { value }),
    ...(isSet(averageValue) && { averageValue }),
    ...(isSet(averageUtilization) && { averageUtilization }),
  }
  return {
    type: metric.type,
    [source]: {
      ...(isSet(body.name) && { name: body.name }),
      ...(isSet(body.container) && { container: body.container }),
      ...(isSet(body.metricName) && { metric: { name: body.metricName, ...(isSet(selector) && { selector }) } }),
      ...(isSet(body.target) && { describedObject: body.target }),
      [field]: amounts,
    },
  }
}

const scalingFields = ['stabilizationWindowSeconds', 'selectPolicy', 'policies', 'tolerance'] as const

/** Go writes the behavior of v1's annotation with the names of its own fields, and with every one of them. */
function inGoNames(behavior: Fields): Fields {
  const rules = (value: unknown): Fields | null => {
    if (!isFields(value)) return null
    const policies = items(value.policies).map((policy) => Object.fromEntries(Object.entries(policy).map(([key, each]) => [capitalized(key), each])))
    return Object.fromEntries(scalingFields.map((field) => [capitalized(field), field === 'policies' ? policies : (value[field] ?? null)]))
  }
  return { ScaleUp: rules(behavior.scaleUp), ScaleDown: rules(behavior.scaleDown) }
}

function inJsonNames(behavior: Fields): Fields {
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed)
    if (!isFields(value)) return value
    const set = Object.entries(value).filter(([, each]) => isSet(each))
    return Object.fromEntries(set.map(([key, each]) => [key.charAt(0).toLowerCase() + key.slice(1), renamed(each)]))
  }
  return fields(renamed(behavior))
}
