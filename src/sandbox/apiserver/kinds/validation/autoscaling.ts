import { parseQuantity } from '../../../../api/quantity.ts'
import type { Unstructured } from '../../../unstructured.ts'
import { forbidden, invalid, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, size, text } from '../fields.ts'
import { dnsLabel, pathSegment } from '../names.ts'
import { type Errors, named, oneOf, requiredName } from './rules.ts'

/** Of an autoscaling/v2 object. */
export function* autoscalerErrors(autoscaler: Unstructured): Errors {
  const spec = fields(autoscaler.spec)
  const { minReplicas } = spec
  const maxReplicas = number(spec.maxReplicas)
  if (isSet(minReplicas) && number(minReplicas) < 1) yield invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')
  if (maxReplicas < 1) yield invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0')
  const below = isSet(minReplicas) && maxReplicas < number(minReplicas)
  if (below) yield invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  yield* referenceErrors(fields(spec.scaleTargetRef), 'spec.scaleTargetRef')
  const apiVersion = text(fields(spec.scaleTargetRef).apiVersion)
  if (!apiVersion.includes('/')) yield invalid('spec.scaleTargetRef.apiVersion', apiVersion, 'apiVersion must specify API group')
  for (const [index, metric] of items(spec.metrics).entries()) yield* metricErrors(metric, `spec.metrics[${index}]`)
  const outside = items(spec.metrics).some(({ type }) => type === 'Object' || type === 'External')
  const because = 'must specify at least one Object or External metric to support scaling to zero replicas'
  if (minReplicas === 0 && !outside) yield forbidden('spec.metrics', because)
  for (const field of ['scaleUp', 'scaleDown']) {
    const rules = fields(spec.behavior)[field]
    if (isFields(rules)) yield* scalingErrors(rules, `spec.behavior.${field}`)
  }
}

function* referenceErrors(reference: Fields, path: string): Errors {
  for (const field of ['kind', 'name']) yield* requiredName(pathSegment, reference[field], `${path}.${field}`)
}

function* scalingErrors(rules: Fields, path: string): Errors {
  const { stabilizationWindowSeconds: window, selectPolicy } = rules
  const at = `${path}.stabilizationWindowSeconds`
  if (isSet(window) && number(window) < 0) yield invalid(at, window, 'must be greater than or equal to zero')
  if (isSet(window) && number(window) > 3600) yield invalid(at, window, 'must be less than or equal to 3600')
  if (isSet(selectPolicy)) yield* oneOf(selectPolicy, ['Disabled', 'Max', 'Min'], `${path}.selectPolicy`)
  if (size(rules.policies) === 0) yield required(`${path}.policies`, 'must specify at least one Policy')
  for (const [index, { type, value, periodSeconds }] of items(rules.policies).entries()) {
    const each = `${path}.policies[${index}]`
    yield* oneOf(type, ['Percent', 'Pods'], `${each}.type`)
    if (number(value) <= 0) yield invalid(`${each}.value`, number(value), 'must be greater than zero')
    if (number(periodSeconds) <= 0) yield invalid(`${each}.periodSeconds`, number(periodSeconds), 'must be greater than zero')
    if (number(periodSeconds) > 1800) yield invalid(`${each}.periodSeconds`, periodSeconds, 'must be less than or equal to 1800')
  }
}

const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
const sources = ['object', 'external', 'pods', 'resource', 'containerResource']

function* metricErrors(metric: Fields, path: string): Errors {
  const type = text(metric.type)
  if (type === '') yield required(`${path}.type`, 'must specify a metric source type')
  if (!types.includes(type)) yield notSupported(`${path}.type`, type, types)
  const set = sources.filter((source) => isFields(metric[source]))
  const first = set[0]
  if (first !== undefined) yield* sourceErrors(first, fields(metric[first]), `${path}.${first}`)
  const expected = type.charAt(0).toLowerCase() + type.slice(1)
  if (!types.includes(type)) yield notSupported(`${path}.type`, type, types)
  else if (!set.includes(expected)) yield required(`${path}.${expected}`, 'must populate information for the given metric source')
  if (set.length === 1) return
  for (const each of set) if (each !== expected) yield forbidden(`${path}.${each}`, 'must populate the given metric source only')
}

function* sourceErrors(name: string, source: Fields, path: string): Errors {
  const target = fields(source.target)
  const [value, averageValue, utilization] = [target.value, target.averageValue, target.averageUtilization]
  const average = `${path}.target.averageValue`
  if (name === 'object') yield* referenceErrors(fields(source.describedObject), `${path}.describedObject`)
  if (name === 'object' || name === 'external' || name === 'pods') yield* metricNameErrors(fields(source.metric), `${path}.metric`)
  else if (text(source.name) === '') yield required(`${path}.name`, 'must specify a resource name')
  if (name === 'containerResource') {
    if (text(source.container) === '') yield required(`${path}.container`, 'must specify a container')
    else yield* named(dnsLabel, source.container, `${path}.container`)
  }
  yield* targetErrors(target, `${path}.target`)
  if (name === 'object' && !isSet(value) && !isSet(averageValue)) yield required(average, 'must set either a target value or averageValue')
  if (name === 'external') {
    if (!isSet(value) && !isSet(averageValue)) yield required(average, 'must set either a target value for metric or a per-pod target')
    if (isSet(value) && isSet(averageValue))
      yield forbidden(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target')
  }
  if (name === 'pods' && !isSet(averageValue)) yield required(average, 'must specify a positive target averageValue')
  if (name !== 'resource' && name !== 'containerResource') return
  const neither = 'must set either a target raw value or a target utilization'
  if (!isSet(utilization) && !isSet(averageValue)) yield required(`${path}.target.averageUtilization`, neither)
  if (isSet(utilization) && isSet(averageValue)) yield forbidden(average, 'may not set both a target raw value and a target utilization')
}

function* metricNameErrors({ name }: Fields, path: string): Errors {
  if (text(name) === '') yield required(`${path}.name`, 'must specify a metric name')
  else yield* named(pathSegment, name, `${path}.name`)
}

const targetTypes = ['Utilization', 'Value', 'AverageValue']

function* targetErrors(target: Fields, path: string): Errors {
  const type = text(target.type)
  if (type === '') yield required(`${path}.type`, 'must specify a metric target type')
  if (!targetTypes.includes(type)) yield invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue')
  for (const field of ['value', 'averageValue']) {
    const read = parseQuantity(text(target[field]))
    if (read !== undefined && read.nanos <= 0n) yield invalid(`${path}.${field}`, target[field], 'must be positive')
  }
  const utilization = target.averageUtilization
  if (isSet(utilization) && number(utilization) < 1) yield invalid(`${path}.averageUtilization`, utilization, 'must be greater than 0')
}
