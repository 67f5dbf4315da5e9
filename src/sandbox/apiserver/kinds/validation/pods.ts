import type { Unstructured } from '../../../unstructured.ts'
import { forbidden, invalid, required, sameValue } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, size, text } from '../fields.ts'
import { inRange } from '../names.ts'
import { imageSpaceErrors } from './containers.ts'
import { lineDiff } from './lineDiff.ts'
import { podSpecErrors } from './podSpec.ts'
import { type Errors, ipErrors } from './rules.ts'

export function* podErrors(pod: Unstructured, old: Unstructured | undefined): Errors {
  const spec = fields(pod.spec)
  yield* podSpecErrors(spec, 'spec', 'pod')
  yield* tokenErrors(spec)
  for (const field of ['containers', 'initContainers']) yield* imageSpaceErrors(items(spec[field]), `spec.${field}`)
  if (old !== undefined) {
    yield* changeErrors(spec, fields(old.spec))
    for (const [index, { ip }] of items(fields(pod.status).podIPs).entries()) yield* ipErrors(ip, `status.podIPs[${index}]`)
  } else {
    if (size(spec.ephemeralContainers) > 0) yield forbidden('spec.ephemeralContainers', 'cannot be set on create')
    const gated = text(spec.nodeName) !== '' && size(spec.schedulingGates) > 0
    if (gated) yield forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared')
  }
}

function* tokenErrors(spec: Fields): Errors {
  if (text(spec.serviceAccountName) !== '') return
  for (const [index, { projected }] of items(spec.volumes).entries()) {
    for (const [each, { serviceAccountToken }] of items(fields(projected).sources).entries()) {
      const path = `spec.volumes[${index}].projected.sources[${each}].serviceAccountToken`
      if (isFields(serviceAccountToken)) yield forbidden(path, 'must not be specified when serviceAccountName is not set')
    }
  }
}

const largestInt32 = 2 ** 31 - 1
const changeable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

/** A pod is hardly changed once it is there; its node may be chosen. */
function* changeErrors(spec: Fields, old: Fields): Errors {
  for (const field of ['containers', 'initContainers']) {
    if (items(spec[field]).length !== items(old[field]).length)
      return yield forbidden(`spec.${field}`, 'pod updates may not add or remove containers')
    for (const [index, { image }] of items(spec[field]).entries()) if (text(image) === '') yield required(`spec.${field}[${index}].image`)
  }
  const deadlines = [...deadlineErrors(spec.activeDeadlineSeconds, old.activeDeadlineSeconds)]
  yield* deadlines
  if (deadlines.length > 0 && isSet(spec.activeDeadlineSeconds)) return
  if (!keepsTolerations(items(spec.tolerations), items(old.tolerations))) {
    yield forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')
  }
  yield* gateErrors(items(spec.schedulingGates), items(old.schedulingGates))
  const compared = asBefore(spec, old)
  if (sameValue(compared, old)) return
  yield forbidden('spec', `pod updates may not change fields other than ${changeable.join(',')}\n${lineDiff(old, compared)}`)
}

function* deadlineErrors(asked: unknown, before: unknown): Errors {
  const path = 'spec.activeDeadlineSeconds'
  if (isSet(asked)) {
    const wrong = inRange(number(asked), 0, largestInt32)
    yield* wrong.map((message) => invalid(path, asked, message))
    if (wrong.length === 0 && isSet(before) && number(before) < number(asked))
      yield invalid(path, asked, 'must be less than or equal to previous value')
  } else if (isSet(before)) yield invalid(path, null, 'must not update from a positive integer to nil value')
}

function keepsTolerations(tolerations: readonly Fields[], old: readonly Fields[]): boolean {
  const bare = ({ tolerationSeconds: _, ...rest }: Fields): Fields => rest
  return old.every((before) => tolerations.some((each) => sameValue(bare(each), bare(before))))
}

function* gateErrors(gates: readonly Fields[], old: readonly Fields[]): Errors {
  for (const [index, { name }] of gates.entries()) {
    const because = `only deletion is allowed, but found new scheduling gate '${text(name)}'`
    if (!old.some((gate) => gate.name === name)) yield forbidden(`spec.schedulingGates[${index}].name`, because)
  }
}

/** With what may change put back; what is left differs by mistake. */
function asBefore(spec: Fields, old: Fields): Fields {
  const images = (field: string): readonly Fields[] => items(spec[field]).map((each, index) => ({ ...each, image: items(old[field])[index]!.image }))
  const { activeDeadlineSeconds, tolerations, schedulingGates } = old
  const gated = size(schedulingGates) > 0
  const wasNegative = number(old.terminationGracePeriodSeconds) < 0 && spec.terminationGracePeriodSeconds === 1
  return {
    ...spec,
    // Whoever runs pods takes one by writing its node down, where there is no scheduler that binds it.
    ...(text(old.nodeName) === '' && { nodeName: old.nodeName }),
    containers: images('containers'),
    initContainers: images('initContainers'),
    activeDeadlineSeconds,
    tolerations,
    schedulingGates,
    ...(wasNegative && { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds }),
    ...(gated && keepsNodeSelector(fields(spec.nodeSelector), fields(old.nodeSelector)) && { nodeSelector: old.nodeSelector }),
  }
}

function keepsNodeSelector(selector: Fields, old: Fields): boolean {
  return Object.entries(old).every(([key, value]) => selector[key] === value)
}
