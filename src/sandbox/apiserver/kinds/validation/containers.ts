import { duplicate, forbidden, invalid, notFound, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, text } from '../fields.ts'
import { dnsLabel, inRange, portName } from '../names.ts'
import { environmentErrors } from './environment.ts'
import { lifecycleErrors } from './probes.ts'
import { requirementErrors } from './resources.ts'
import { type Errors, oneOf, portNumberErrors, requiredName, requiredOneOf, requiredText } from './rules.ts'
import { descendingPath } from './volumes.ts'

const largestId = 2 ** 31 - 1

/** What a pod has for its containers. */
export type Surroundings = {
  /** Of the volumes that are right. */
  readonly volumes: ReadonlySet<string>
  readonly graceSeconds: unknown
}

export function* containerListErrors(spec: Fields, path: string, around: Surroundings): Errors {
  const containers = items(spec.containers)
  if (containers.length === 0) yield required(`${path}.containers`)
  const names = new Set<string>()
  for (const [index, container] of containers.entries()) {
    const at = `${path}.containers[${index}]`
    yield* commonErrors(container, at, around)
    yield* uniqueName(container, at, names)
    yield* lifecycleErrors(container, at, around.graceSeconds)
    if (isSet(container.restartPolicy)) yield forbidden(`${at}.restartPolicy`, 'may not be set for non-init containers')
  }
  yield* hostPortErrors(containers, `${path}.containers`)
  yield* initContainerErrors(spec, path, around)
  yield* ephemeralContainerErrors(spec, path, around)
}

function* uniqueName({ name }: Fields, path: string, taken: Set<string>): Errors {
  if (taken.has(text(name))) yield duplicate(`${path}.name`, text(name))
  taken.add(text(name))
}

const ofRunning = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']

function* initContainerErrors(spec: Fields, path: string, around: Surroundings): Errors {
  const names = new Set(items(spec.containers).map(({ name }) => text(name)))
  for (const [index, container] of items(spec.initContainers).entries()) {
    const at = `${path}.initContainers[${index}]`
    yield* commonErrors(container, at, around)
    const { restartPolicy } = container
    if (isSet(restartPolicy) && restartPolicy !== 'Always') yield notSupported(`${at}.restartPolicy`, restartPolicy, ['Always'])
    yield* uniqueName(container, at, names)
    yield* hostPortErrors([container], `${path}.initContainers`)
    if (restartPolicy === 'Always') yield* lifecycleErrors(container, at, around.graceSeconds)
    else {
      const set = ofRunning.filter((field) => isFields(container[field]))
      yield* set.map((field) => forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'))
    }
  }
}

function* ephemeralContainerErrors(spec: Fields, path: string, around: Surroundings): Errors {
  const others = new Set([...items(spec.containers), ...items(spec.initContainers)].map(({ name }) => text(name)))
  const names = new Set(others)
  for (const [index, container] of items(spec.ephemeralContainers).entries()) {
    const at = `${path}.ephemeralContainers[${index}]`
    yield* commonErrors(container, at, around)
    yield* uniqueName(container, at, names)
    const { targetContainerName } = container
    if (text(targetContainerName) !== '' && !others.has(text(targetContainerName))) yield notFound(`${at}.targetContainerName`, targetContainerName)
    const set = ['ports', ...ofRunning].filter((field) => isSet(container[field]))
    yield* set.map((field) => forbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'))
  }
}

const messagePolicies = ['File', 'FallbackToLogsOnError']
const pullPolicies = ['Always', 'IfNotPresent', 'Never']

function* commonErrors(container: Fields, path: string, around: Surroundings): Errors {
  yield* requiredName(dnsLabel, container.name, `${path}.name`)
  yield* requiredText(container.image, `${path}.image`)
  yield* requiredOneOf(container.terminationMessagePolicy, messagePolicies, `${path}.terminationMessagePolicy`)
  yield* portErrors(items(container.ports), `${path}.ports`)
  yield* environmentErrors(container, path)
  yield* mountErrors(container, path, around)
  yield* requiredOneOf(container.imagePullPolicy, pullPolicies, `${path}.imagePullPolicy`)
  yield* requirementErrors(container.resources, `${path}.resources`)
  if (isFields(container.securityContext)) yield* securityErrors(container.securityContext, `${path}.securityContext`)
}

function* portErrors(ports: readonly Fields[], path: string): Errors {
  const names = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`
    const name = text(port.name)
    if (name !== '') {
      const wrong = portName(name)
      yield* wrong.map((message) => invalid(`${at}.name`, name, message))
      if (wrong.length === 0 && names.has(name)) yield duplicate(`${at}.name`, name)
      names.add(name)
    }
    if (number(port.containerPort) === 0) yield required(`${at}.containerPort`)
    else yield* portNumberErrors(port.containerPort, `${at}.containerPort`)
    if (number(port.hostPort) !== 0) yield* portNumberErrors(port.hostPort, `${at}.hostPort`)
    yield* requiredOneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], `${at}.protocol`)
  }
}

function* hostPortErrors(containers: readonly Fields[], path: string): Errors {
  const taken = new Set<string>()
  for (const [index, container] of containers.entries()) {
    for (const [each, { protocol, hostIP, hostPort }] of items(container.ports).entries()) {
      if (number(hostPort) === 0) continue
      const key = `${text(protocol)}/${text(hostIP)}/${number(hostPort)}`
      if (taken.has(key)) yield duplicate(`${path}[${index}].ports[${each}].hostPort`, key)
      taken.add(key)
    }
  }
}

function* mountErrors(container: Fields, path: string, { volumes }: Surroundings): Errors {
  const mountPaths = new Set<string>()
  const devices = items(container.volumeDevices)
  for (const [index, mount] of items(container.volumeMounts).entries()) {
    const at = `${path}.volumeMounts[${index}]`
    const [name, mountPath] = [text(mount.name), text(mount.mountPath)]
    if (name === '') yield required(`${at}.name`)
    if (!volumes.has(name)) yield notFound(`${at}.name`, name)
    if (mountPath === '') yield required(`${at}.mountPath`)
    if (mountPaths.has(mountPath)) yield invalid(`${at}.mountPath`, mountPath, 'must be unique')
    mountPaths.add(mountPath)
    if (devices.some((device) => device.name === name)) yield invalid(`${at}.name`, name, 'must not already exist in volumeDevices')
    if (text(mount.subPath) !== '') yield* descendingPath(mount.subPath, `${path}.volumeMounts.subPath`)
    if (text(mount.subPathExpr) === '') continue
    if (text(mount.subPath) !== '') yield invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive')
    yield* descendingPath(mount.subPathExpr, `${path}.volumeMounts.subPathExpr`)
  }
  for (const [index, { name }] of devices.entries()) if (!volumes.has(text(name))) yield notFound(`${path}.volumeDevices[${index}].name`, text(name))
}

const idFields = ['runAsUser', 'runAsGroup']
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

/** Of a container. */
function* securityErrors(context: Fields, path: string): Errors {
  yield* identityErrors(context, idFields, path)
  if (isFields(context.seccompProfile)) yield* oneOf(context.seccompProfile.type, profileTypes, `${path}.seccompProfile.type`)
  if (context.allowPrivilegeEscalation !== false) return
  const shown = inGoNames(context)
  if (context.privileged === true) yield invalid(path, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
  const added = fields(context.capabilities).add
  const because = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'
  if (Array.isArray(added) && added.includes('CAP_SYS_ADMIN')) yield invalid(path, shown, because)
}

const contextFields = [
  ...['Capabilities', 'Privileged', 'SELinuxOptions', 'WindowsOptions', 'RunAsUser', 'RunAsGroup', 'RunAsNonRoot', 'ReadOnlyRootFilesystem'],
  ...['AllowPrivilegeEscalation', 'ProcMount', 'SeccompProfile', 'AppArmorProfile'],
]

/** The server shows the context by the names that it has within. */
function inGoNames(context: Fields): Fields {
  const inJson = (name: string): string => (name === 'SELinuxOptions' ? 'seLinuxOptions' : name.charAt(0).toLowerCase() + name.slice(1))
  const shown = Object.fromEntries(contextFields.map((name) => [name, context[inJson(name)] ?? null]))
  const { add, drop } = fields(context.capabilities)
  return isFields(context.capabilities) ? { ...shown, Capabilities: { Add: add ?? null, Drop: drop ?? null } } : shown
}

/** Of a pod, for all of its containers. */
export function* podSecurityErrors(context: Fields, path: string): Errors {
  yield* identityErrors(context, ['fsGroup', ...idFields], path)
  for (const [index, group] of (Array.isArray(context.supplementalGroups) ? context.supplementalGroups : []).entries()) {
    yield* inRange(number(group), 0, largestId).map((message) => invalid(`${path}.supplementalGroups[${index}]`, group, message))
  }
  const { fsGroupChangePolicy, seccompProfile } = context
  if (isSet(fsGroupChangePolicy)) yield* oneOf(fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`)
  if (isFields(seccompProfile)) yield* oneOf(seccompProfile.type, profileTypes, `${path}.seccompProfile.type`)
}

function* identityErrors(context: Fields, names: readonly string[], path: string): Errors {
  for (const name of names.filter((each) => isSet(context[each]))) {
    yield* inRange(number(context[name]), 0, largestId).map((message) => invalid(`${path}.${name}`, context[name], message))
  }
}

/** Only of pods: templates may have them, for they were once allowed. */
export function* imageSpaceErrors(containers: readonly Fields[], path: string): Errors {
  for (const [index, { image }] of containers.entries()) {
    if (text(image) !== text(image).trim()) yield invalid(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace')
  }
}
