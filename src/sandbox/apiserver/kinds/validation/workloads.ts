import type { Unstructured } from '../../../unstructured.ts'
import { forbidden, immutable, invalid, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, size, text } from '../fields.ts'
import { selectorErrors, selectorMatches } from '../metadata.ts'
import { templateErrors } from './podSpec.ts'
import { atMostWhole, countOrPercent, type Errors, notNegative, percentOf } from './rules.ts'

const strategies = ['Recreate', 'RollingUpdate']

export function* deploymentErrors(deployment: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(deployment.spec)
  yield* notNegative(spec.replicas, 'spec.replicas')
  yield* podSetErrors(spec, 'deployment')
  yield* strategyErrors(fields(spec.strategy), 'spec.strategy')
  for (const field of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']) yield* notNegative(spec[field], `spec.${field}`)
  const deadline = spec.progressDeadlineSeconds
  if (isSet(deadline) && number(deadline) <= number(spec.minReadySeconds)) {
    yield invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')
  }
  if (old === undefined) return
  yield* immutable('spec.selector', spec.selector, fields(old.spec).selector)
  yield* countErrors(fields(deployment.status), ['updatedReplicas', 'readyReplicas', 'availableReplicas'])
}

export function* replicaSetErrors(replicaSet: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(replicaSet.spec)
  for (const field of ['replicas', 'minReadySeconds']) yield* notNegative(spec[field], `spec.${field}`)
  // The server's words for both kinds.
  yield* podSetErrors(spec, 'deployment')
  if (old === undefined) return
  yield* immutable('spec.selector', spec.selector, fields(old.spec).selector)
  yield* countErrors(fields(replicaSet.status), ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'])
}

/** A selector and a template whose pods it selects, and that stay. */
export function* podSetErrors(spec: Fields, owner: string): Errors {
  yield* requiredSelector(spec.selector, owner)
  if (!isUsable(spec.selector)) return yield invalid('spec.selector', spec.selector, 'invalid label selector')
  const template = fields(spec.template)
  yield* selectedErrors(spec.selector, template)
  yield* templateErrors(template, 'spec.template')
  const { restartPolicy, activeDeadlineSeconds } = fields(template.spec)
  if (restartPolicy !== 'Always') yield notSupported('spec.template.spec.restartPolicy', text(restartPolicy), ['Always'])
  const because = 'activeDeadlineSeconds in ReplicaSet is not Supported'
  if (isSet(activeDeadlineSeconds)) yield forbidden('spec.template.spec.activeDeadlineSeconds', because)
}

function* requiredSelector(selector: unknown, owner: string): Errors {
  if (!isFields(selector)) return yield required('spec.selector')
  yield* selectorErrors(selector, 'spec.selector')
  if (size(selector.matchLabels) + size(selector.matchExpressions) === 0) {
    yield invalid('spec.selector', selector, `empty selector is invalid for ${owner}`)
  }
}

function isUsable(selector: unknown): boolean {
  return [...selectorErrors(selector, '')].length === 0
}

/** An empty selector is told of elsewhere; one that is not there selects nothing. */
function* selectedErrors(selector: unknown, template: Fields): Errors {
  const { labels } = fields(template.metadata)
  const { matchLabels, matchExpressions } = fields(selector)
  const isEmpty = isFields(selector) && size(matchLabels) + size(matchExpressions) === 0
  if (isEmpty || selectorMatches(selector, labels)) return
  yield invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')
}

function* strategyErrors(strategy: Fields, path: string): Errors {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    if (isFields(rollingUpdate)) yield forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")
  } else if (type === 'RollingUpdate') yield* rollingErrors(fields(rollingUpdate), `${path}.rollingUpdate`)
  else yield { ...notSupported(path, '', strategies), message: unsupportedStrategy(strategy) }
}

/** The server shows the strategy by the names that it has within. */
function unsupportedStrategy({ type, rollingUpdate }: Fields): string {
  const shown = JSON.stringify({ Type: type, RollingUpdate: rollingUpdate ?? null })
  return `Unsupported value: ${shown}: supported values: ${strategies.map((each) => JSON.stringify(each)).join(', ')}`
}

function* rollingErrors({ maxUnavailable, maxSurge }: Fields, path: string): Errors {
  yield* countOrPercent(maxUnavailable, `${path}.maxUnavailable`)
  yield* countOrPercent(maxSurge, `${path}.maxSurge`)
  const isZero = (value: unknown): boolean => (percentOf(value) ?? value) === 0
  if (isZero(maxUnavailable) && isZero(maxSurge)) yield invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')
  yield* atMostWhole(maxUnavailable, `${path}.maxUnavailable`)
}

function* countErrors(status: Fields, parts: readonly string[]): Errors {
  for (const field of ['observedGeneration', 'replicas', ...parts]) yield* notNegative(status[field], `status.${field}`)
  for (const field of parts) {
    if (number(status[field]) > number(status.replicas))
      yield invalid(`status.${field}`, number(status[field]), 'cannot be greater than status.replicas')
  }
  const available = number(status.availableReplicas)
  if (available > number(status.readyReplicas)) yield invalid('status.availableReplicas', available, 'cannot be greater than readyReplicas')
}

const kept = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds']

export function* statefulSetErrors(statefulSet: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(statefulSet.spec)
  for (const field of ['replicas', 'minReadySeconds']) yield* notNegative(spec[field], `spec.${field}`)
  yield* requiredSelector(spec.selector, 'statefulset')
  const template = fields(spec.template)
  yield* selectedErrors(spec.selector, template)
  yield* templateErrors(withClaims(template, items(spec.volumeClaimTemplates)), 'spec.template')
  const { restartPolicy } = fields(template.spec)
  if (restartPolicy !== 'Always') yield notSupported('spec.template.spec.restartPolicy', text(restartPolicy), ['Always'])
  if (old === undefined) return
  const rest = (object: unknown): Fields => Object.fromEntries(Object.entries(fields(object)).filter(([field]) => !kept.includes(field)))
  const because =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
  if ([...immutable('spec', rest(spec), rest(old.spec))].length > 0) yield forbidden('spec', because)
}

/** Each claim is a volume of the pod, too. */
function withClaims(template: Fields, claims: readonly Fields[]): Fields {
  const spec = fields(template.spec)
  const volumes = claims.map(({ metadata }) => ({ name: fields(metadata).name, persistentVolumeClaim: { claimName: fields(metadata).name } }))
  const others = items(spec.volumes).filter(({ name }) => !volumes.some((each) => each.name === name))
  return { ...template, spec: { ...spec, volumes: [...volumes, ...others] } }
}

export function* revisionErrors(revision: Unstructured, old: Unstructured | undefined): Errors {
  yield* notNegative(revision.revision, 'revision')
  if (old !== undefined) yield* immutable('data', revision.data, old.data)
  else if (!isSet(revision.data)) yield required('data', 'data is mandatory')
  else if (!isFields(revision.data)) yield required('data', 'data must be a valid JSON object')
}

export function* daemonSetErrors(daemonSet: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(daemonSet.spec)
  yield* requiredSelector(spec.selector, 'daemonset')
  const template = fields(spec.template)
  yield* selectedErrors(spec.selector, template)
  yield* templateErrors(template, 'spec.template')
  const { restartPolicy } = fields(template.spec)
  if (restartPolicy !== 'Always') yield notSupported('spec.template.spec.restartPolicy', text(restartPolicy), ['Always'])
  for (const field of ['minReadySeconds', 'revisionHistoryLimit']) yield* notNegative(spec[field], `spec.${field}`)
  if (old !== undefined) yield* immutable('spec.selector', spec.selector, fields(old.spec).selector)
}
