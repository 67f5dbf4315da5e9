import { type Draft, draft, draftIn, drafts, isFields, isSet, items, orDefault, text } from './fields.ts'

/** What every pod template and every pod is given: both read back the same. */
export function defaultPodTemplate(owner: Draft): void {
  defaultPodSpec(draftIn(draftIn(owner, 'template'), 'spec'))
}

export function defaultPodSpec(spec: Draft): void {
  for (const volume of drafts(spec.volumes)) defaultVolume(volume)
  dropDisabled(spec)
  for (const container of [...drafts(spec.initContainers), ...drafts(spec.containers), ...drafts(spec.ephemeralContainers)])
    defaultContainer(container)
  orDefault(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  })
  // The old name of the field is kept equal to the new one.
  const account = text(spec.serviceAccountName) || text(spec.serviceAccount)
  if (account !== '') Object.assign(spec, { serviceAccountName: account, serviceAccount: account })
}

/** Fields that the server has, but drops: they are behind feature gates that are closed in its version. */
function dropDisabled(spec: Draft): void {
  for (const container of drafts(spec.initContainers)) if (container.restartPolicy !== 'Always') delete container.restartPolicy
  for (const container of drafts(spec.containers)) delete container.restartPolicy
  for (const container of [...drafts(spec.initContainers), ...drafts(spec.containers)]) {
    delete container.restartPolicyRules
    delete draft(container.lifecycle).stopSignal
  }
  delete spec.hostnameOverride
}

function defaultContainer(container: Draft): void {
  orDefault(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: imageTag(text(container.image)) === 'latest' ? 'Always' : 'IfNotPresent',
  })
  for (const port of drafts(container.ports)) orDefault(port, { protocol: 'TCP' })
  for (const { valueFrom } of items(container.env)) defaultFieldRef(draft(valueFrom))
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe']) if (isFields(container[field])) defaultProbe(draft(container[field]))
  const { postStart, preStop } = draft(container.lifecycle)
  for (const handler of [postStart, preStop]) defaultHandler(draft(handler))
}

function defaultProbe(probe: Draft): void {
  orDefault(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 })
  defaultHandler(probe)
}

function defaultHandler(handler: Draft): void {
  if (isFields(handler.httpGet)) orDefault(draft(handler.httpGet), { path: '/', scheme: 'HTTP' })
  if (isFields(handler.grpc)) orDefault(draft(handler.grpc), { service: '' })
}

function defaultFieldRef(source: Draft): void {
  if (isFields(source.fieldRef)) orDefault(draft(source.fieldRef), { apiVersion: 'v1' })
}

function defaultVolume(volume: Draft): void {
  if (!Object.keys(volume).some((field) => field !== 'name' && isSet(volume[field]))) volume.emptyDir = {}
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    if (isFields(volume[source])) orDefault(draft(volume[source]), { defaultMode: 0o644 })
  }
  // The type may be an empty text, which means that nothing is checked.
  const { hostPath, ephemeral, projected, downwardAPI, iscsi } = volume
  if (isFields(hostPath) && !isSet(hostPath.type)) draft(hostPath).type = ''
  if (isFields(iscsi)) orDefault(draft(iscsi), { iscsiInterface: 'default' })
  if (isFields(ephemeral) && isFields(ephemeral.volumeClaimTemplate)) {
    orDefault(draftIn(draft(ephemeral.volumeClaimTemplate), 'spec'), { volumeMode: 'Filesystem' })
  }
  for (const file of items(draft(downwardAPI).items)) defaultFieldRef(draft(file))
  for (const source of drafts(draft(projected).sources)) {
    for (const file of items(draft(source.downwardAPI).items)) defaultFieldRef(draft(file))
    if (isFields(source.serviceAccountToken)) orDefault(draft(source.serviceAccountToken), { expirationSeconds: 3600 })
  }
}

const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const image = new RegExp(
  `^(?:(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[a-fA-F0-9:]+\\])(?::\\d+)?/)?${pathPart}(?:/${pathPart})*(?::(\\w[\\w.-]{0,127}))?(@[A-Za-z][\\w+.-]*:[0-9a-fA-F]{32,})?$`,
)

/** `latest` where an image has neither tag nor digest; undefined for a digest alone and for what is no image's name. */
function imageTag(name: string): string | undefined {
  const found = image.exec(name)
  if (found === null) return undefined
  return found[1] ?? (found[2] === undefined ? 'latest' : undefined)
}
