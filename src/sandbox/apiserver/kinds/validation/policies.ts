import type { Unstructured } from '../../../unstructured.ts'
import { forbidden, immutable, invalid, required } from '../../fieldErrors.ts'
import { fields, isSet, items, number, text } from '../fields.ts'
import { selectorErrors } from '../metadata.ts'
import { amountErrors, isStandardResource } from './resources.ts'
import { atMostWhole, countOrPercent, type Errors, notNegative, oneOf, requiredOneOf } from './rules.ts'

export function* disruptionBudgetErrors(budget: Unstructured): Errors {
  const spec = fields(budget.spec)
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = spec
  if (isSet(minAvailable) && isSet(maxUnavailable)) {
    const shown = {
      MinAvailable: minAvailable,
      Selector: spec.selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    }
    yield invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set')
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    yield* countOrPercent(value, `spec.${field}`)
    yield* atMostWhole(value, `spec.${field}`)
  }
  yield* selectorErrors(spec.selector, 'spec.selector')
  if (isSet(unhealthyPodEvictionPolicy))
    yield* oneOf(unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget'], 'spec.unhealthyPodEvictionPolicy')
  const status = fields(budget.status)
  for (const field of ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']) yield* notNegative(status[field], `status.${field}`)
}

const highestUserPriority = 1_000_000_000

export function* priorityClassErrors(priorityClass: Unstructured, old: Unstructured | undefined): Errors {
  const { name } = priorityClass.metadata
  const value = number(priorityClass.value)
  if (old !== undefined && value !== number(old.value)) yield forbidden('value', 'may not be changed in an update.')
  if (old !== undefined) yield* immutable('preemptionPolicy', priorityClass.preemptionPolicy, old.preemptionPolicy)
  const isSystem = name.startsWith('system-')
  const known = name === 'system-node-critical' || name === 'system-cluster-critical'
  if (isSystem && !known)
    yield forbidden(
      'metadata.name',
      `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
    )
  else if (!isSystem && value > highestUserPriority)
    yield forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`)
  yield* requiredOneOf(priorityClass.preemptionPolicy, ['PreemptLowerPriority', 'Never'], 'preemptionPolicy')
}

const limitTypes = ['Container', 'PersistentVolumeClaim', 'Pod']

export function* limitRangeErrors(limitRange: Unstructured): Errors {
  const seen = new Set<string>()
  for (const [index, limit] of items(fields(limitRange.spec).limits).entries()) {
    const at = `spec.limits[${index}]`
    const type = text(limit.type)
    if (!type.includes('/')) yield* oneOf(type, limitTypes, `${at}.type`)
    if (seen.has(type)) yield { field: `${at}.type`, reason: 'FieldValueDuplicate', message: `Duplicate value: ${JSON.stringify(type)}` }
    seen.add(type)
    for (const which of ['max', 'min', 'default', 'defaultRequest']) {
      for (const [name, value] of Object.entries(fields(limit[which]))) yield* amountErrors(name, value, `${at}.${which}[${name}]`)
    }
  }
}

export function* quotaErrors(quota: Unstructured): Errors {
  for (const [name, value] of Object.entries(fields(fields(quota.spec).hard))) {
    const path = `spec.hard[${name}]`
    if (!name.includes('/') && !isStandardResource(name)) {
      yield invalid(path, name, 'must be a standard resource type or fully qualified')
      yield invalid(path, name, 'must be a standard resource for quota')
    }
    yield* amountErrors(name, value, path)
  }
}

export function* claimErrors(claim: Unstructured, old: Unstructured | undefined): Errors {
  const { accessModes, resources, volumeMode } = fields(claim.spec)
  if (!Array.isArray(accessModes) || accessModes.length === 0) yield required('spec.accessModes', 'at least 1 access mode is required')
  else for (const mode of accessModes) yield* oneOf(mode, ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'], 'spec.accessModes')
  const storage = fields(fields(resources).requests).storage
  if (!isSet(storage)) yield required('spec.resources[storage]')
  else yield* amountErrors('storage', storage, 'spec.resources[storage]')
  if (isSet(volumeMode)) yield* oneOf(volumeMode, ['Block', 'Filesystem'], 'spec.volumeMode')
  if (old === undefined) return
  for (const field of ['accessModes', 'storageClassName', 'volumeMode'])
    yield* immutable(`spec.${field}`, fields(claim.spec)[field], fields(old.spec)[field])
}

export function* leaseErrors(lease: Unstructured): Errors {
  const { leaseDurationSeconds, leaseTransitions, preferredHolder, strategy } = fields(lease.spec)
  const seconds = 'spec.leaseDurationSeconds'
  if (isSet(leaseDurationSeconds) && number(leaseDurationSeconds) <= 0) yield invalid(seconds, leaseDurationSeconds, 'must be greater than 0')
  yield* notNegative(leaseTransitions, 'spec.leaseTransitions')
  if (text(preferredHolder) !== '' && text(strategy) === '') yield forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')
}
