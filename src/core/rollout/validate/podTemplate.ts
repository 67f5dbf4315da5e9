/** The pod template, as far as one can tell without the API server: what it would refuse each time that pods are to be made. */
import { parseQuantity } from '../../../api/quantity.ts'
import {
  at,
  child,
  described,
  expectMap,
  integerIn,
  isMap,
  isSet,
  keyOf,
  listIn,
  mapIn,
  reportRepeated,
  requiredText,
  textIn,
  wrong,
} from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'
import { checkLabels } from './labels.ts'

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const portName = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/

export function checkPodTemplate(template: Field, findings: Findings): void {
  if (!isSet(template)) {
    findings.report(template, { message: 'is missing', fix: 'write the pods as in a Deployment: metadata and spec' })
    return
  }
  expectMap(template, findings)
  if (!isMap(template.value)) return
  const metadata = child(template, 'metadata')
  expectMap(metadata, findings)
  checkLabels(child(metadata, 'labels'), findings)
  for (const annotation of mapIn(child(metadata, 'annotations'), findings)) textIn(annotation, findings)
  const spec = child(template, 'spec')
  if (!isSet(spec)) findings.report(spec, { message: 'is missing', fix: 'write containers' })
  expectMap(spec, findings)
  if (isMap(spec.value)) checkPodSpec(spec, findings)
}

function checkPodSpec(spec: Field, findings: Findings): void {
  const containers = listIn(child(spec, 'containers'), findings)
  const initContainers = listIn(child(spec, 'initContainers'), findings)
  const volumes = listIn(child(spec, 'volumes'), findings)
  if (containers.length === 0 && !wrongType(child(spec, 'containers')))
    findings.report(child(spec, 'containers'), { message: 'are missing', fix: 'write at least one container' })
  for (const volume of volumes) checkName(child(volume, 'name'), findings, 'a volume')
  reportRepeated(
    volumes.map((volume) => child(volume, 'name')),
    findings,
    'name',
  )
  const volumeNames = new Set(volumes.map((volume) => child(volume, 'name').value))
  const all = [...initContainers, ...containers]
  for (const container of all) checkContainer(container, volumeNames, findings)
  reportRepeated(
    all.map((container) => child(container, 'name')),
    findings,
    'name',
  )
  checkLifetime(spec, findings)
}

/** Pods of a ReplicaSet run for ever. */
function checkLifetime(spec: Field, findings: Findings): void {
  const restartPolicy = child(spec, 'restartPolicy')
  if (isSet(restartPolicy) && restartPolicy.value !== 'Always')
    findings.report(restartPolicy, wrong(restartPolicy, 'not for pods that are kept running', 'write Always, or leave it out'))
  for (const name of ['activeDeadlineSeconds', 'ephemeralContainers']) {
    const field = child(spec, name)
    const isEmpty = Array.isArray(field.value) && field.value.length === 0
    if (isSet(field) && !isEmpty) findings.report(field, { message: 'is not for pods that are kept running', fix: 'leave it out' })
  }
  integerIn(child(spec, 'terminationGracePeriodSeconds'), findings, { maximum: Number.MAX_SAFE_INTEGER })
}

function wrongType(field: Field): boolean {
  return isSet(field) && !Array.isArray(field.value)
}

function checkName(field: Field, findings: Findings, what: string): void {
  const name = requiredText(field, findings, `the name of ${what}`)
  if (name !== undefined && !dnsLabel.test(name))
    findings.report(
      field,
      wrong(field, `no name of ${what}`, 'write at most 63 lower-case letters, digits and -, with a letter or digit at both ends'),
    )
}

function checkContainer(container: Field, volumes: ReadonlySet<unknown>, findings: Findings): void {
  expectMap(container, findings)
  if (!isMap(container.value)) return
  checkName(child(container, 'name'), findings, 'a container')
  const image = requiredText(child(container, 'image'), findings, 'an image')
  if (image !== undefined && image !== image.trim())
    findings.report(child(container, 'image'), wrong(child(container, 'image'), 'not an image', 'remove the blanks'))
  checkPorts(listIn(child(container, 'ports'), findings), findings)
  for (const kind of ['requests', 'limits']) for (const amount of mapIn(at(container, 'resources', kind), findings)) checkQuantity(amount, findings)
  for (const mount of listIn(child(container, 'volumeMounts'), findings)) {
    const name = child(mount, 'name')
    if (requiredText(name, findings, 'the name of a volume') !== undefined && !volumes.has(name.value))
      findings.report(name, { message: `there is no volume ${described(name.value)}`, fix: 'name one of spec.volumes, or add it there' })
    requiredText(child(mount, 'mountPath'), findings, 'where to mount it')
  }
  for (const variable of listIn(child(container, 'env'), findings)) {
    requiredText(child(variable, 'name'), findings, 'the name of a variable')
    textIn(child(variable, 'value'), findings)
  }
}

function checkPorts(ports: readonly Field[], findings: Findings): void {
  for (const port of ports) {
    expectMap(port, findings)
    const number = child(port, 'containerPort')
    if (isMap(port.value) && !isSet(number)) findings.report(number, { message: 'is missing', fix: 'write a port from 1 to 65535' })
    integerIn(number, findings, { minimum: 1, maximum: 65_535 })
    const name = textIn(child(port, 'name'), findings)
    if (name !== undefined && !portName.test(name))
      findings.report(
        child(port, 'name'),
        wrong(child(port, 'name'), 'no name of a port', 'write at most 15 lower-case letters, digits and single -, with a letter'),
      )
  }
  reportRepeated(
    ports.map((port) => child(port, 'name')),
    findings,
    'name',
  )
}

/** Argo Rollouts drops what is none without a word, and a limit with it. */
function checkQuantity(field: Field, findings: Findings): void {
  const { value } = field
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text === 'string' && text.length <= 100 && parseQuantity(text) !== undefined) return
  if (isSet(field)) findings.report(field, wrong(field, 'no quantity', `write an amount of ${keyOf(field)} like 500m, 2 or 256Mi`))
}
