/**
 * A pod template reduced to what it says: without what the API server fills in, keeps equal, or leaves away. Two templates that make the same
 * pods come out the same, whichever of them has been through an API server.
 */
import { parseQuantity } from '../../api/quantity.ts'
import { podTemplateHashLabel } from '../../api/rolloutLabels.ts'

type Fields = Record<string, unknown>

/** Keys and values of these are the user's own: nothing in them stands for its absence. */
const maps = new Set(['labels', 'annotations', 'nodeSelector', 'matchLabels', 'volumeAttributes', 'options'])
const quantityMaps = new Set(['limits', 'requests', 'overhead'])
/** Fields that the server leaves away when they are false or 0; all others distinguish that from absence. */
const omittedWhenZero = new Set(
  'hostIPC hostNetwork hostPID readOnly stdin stdinOnce tty chapAuthDiscovery chapAuthSession sslEnabled hostPort initialDelaySeconds partition'.split(
    ' ',
  ),
)
/** Texts that mean something when they are empty. */
const keptWhenEmpty = new Set(['storageClassName', 'volumeAttributesClassName'])
/** Fields that say as much without content as by absence. Elsewhere `{}` means something: a selector of everything, a kind of volume. */
const omittedWhenEmpty = new Set([
  'resources',
  'metadata',
  'securityContext',
  'affinity',
  'nodeAffinity',
  'podAffinity',
  'podAntiAffinity',
  'lifecycle',
])

export function plainTemplate(template: unknown): Fields {
  const { metadata, spec } = fieldsOf(withoutAbsent(template, ''))
  const labels = { ...fieldsOf(fieldsOf(metadata)['labels']) }
  delete labels[podTemplateHashLabel]
  const plainMetadata: Fields = { ...fieldsOf(metadata), labels }
  if (Object.keys(labels).length === 0) delete plainMetadata['labels']
  return { metadata: plainMetadata, spec: plainSpec({ ...fieldsOf(spec) }) }
}

function plainSpec(spec: Fields): Fields {
  const account = spec['serviceAccountName'] ?? spec['serviceAccount']
  delete spec['serviceAccount']
  if (account !== undefined) spec['serviceAccountName'] = account
  dropInjectedAntiAffinity(spec)
  for (const volume of listOf(spec['volumes'])) dropVolumeDefaults(volume)
  for (const kind of ['containers', 'initContainers', 'ephemeralContainers'])
    for (const container of listOf(spec[kind])) dropContainerDefaults(container, spec['hostNetwork'] === true)
  return without(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  })
}

function dropContainerDefaults(container: Fields, isOnHostNetwork: boolean): void {
  without(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isTaggedLatest(String(container['image'] ?? '')) ? 'Always' : 'IfNotPresent',
  })
  for (const port of listOf(container['ports'])) {
    without(port, { protocol: 'TCP' })
    if (isOnHostNetwork) without(port, { hostPort: port['containerPort'] })
  }
  for (const { valueFrom } of listOf(container['env'])) dropReferenceDefaults(fieldsOf(valueFrom))
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = fieldsOf(container[name])
    for (const [field, value] of Object.entries({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }))
      without(probe, { [field]: probe[field] === 0 ? 0 : value })
    dropHandlerDefaults(probe)
  }
  const { postStart, preStop } = fieldsOf(container['lifecycle'])
  for (const handler of [postStart, preStop]) dropHandlerDefaults(fieldsOf(handler))
  without(fieldsOf(container['securityContext']), { procMount: 'Default' })
}

function dropHandlerDefaults(handler: Fields): void {
  without(fieldsOf(handler['httpGet']), { path: '/', scheme: 'HTTP' })
}

function dropReferenceDefaults(source: Fields): void {
  without(fieldsOf(source['fieldRef']), { apiVersion: 'v1' })
  const reference = fieldsOf(source['resourceFieldRef'])
  // 0 and 1 both are no division.
  if (['0', '1000000000'].includes(quantityText(reference['divisor']))) delete reference['divisor']
  else if (reference['divisor'] !== undefined) reference['divisor'] = quantityText(reference['divisor'])
}

function dropVolumeDefaults(volume: Fields): void {
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected']) without(fieldsOf(volume[source]), { defaultMode: 0o644 })
  const emptyDir = volume['emptyDir']
  if (isFields(emptyDir)) {
    if (emptyDir['sizeLimit'] !== undefined) emptyDir['sizeLimit'] = quantityText(emptyDir['sizeLimit'])
    if (Object.keys(emptyDir).length === 0) delete volume['emptyDir']
  }
  without(fieldsOf(volume['iscsi']), { iscsiInterface: 'default' })
  without(fieldsOf(volume['rbd']), { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' })
  without(fieldsOf(volume['azureDisk']), { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false })
  without(fieldsOf(volume['scaleIO']), { storageMode: 'ThinProvisioned', fsType: 'xfs' })
  without(fieldsOf(fieldsOf(fieldsOf(volume['ephemeral'])['volumeClaimTemplate'])['spec']), { volumeMode: 'Filesystem' })
  const files = [volume['downwardAPI'], ...listOf(fieldsOf(volume['projected'])['sources']).map((source) => source['downwardAPI'])]
  for (const { items } of files.map(fieldsOf)) for (const item of listOf(items)) dropReferenceDefaults(item)
  for (const { serviceAccountToken } of listOf(fieldsOf(volume['projected'])['sources']))
    without(fieldsOf(serviceAccountToken), { expirationSeconds: 3600 })
}

/** Terms by which Argo Rollouts keeps the pods of two versions apart: they are of the ReplicaSet, not of what the user wrote. */
function dropInjectedAntiAffinity(spec: Fields): void {
  const affinity = fieldsOf(spec['affinity'])
  const antiAffinity = fieldsOf(affinity['podAntiAffinity'])
  for (const kind of ['requiredDuringSchedulingIgnoredDuringExecution', 'preferredDuringSchedulingIgnoredDuringExecution']) {
    const terms = listOf(antiAffinity[kind]).filter((term) => !namesHash(fieldsOf(term['podAffinityTerm'] ?? term)))
    if (terms.length > 0) antiAffinity[kind] = terms
    else delete antiAffinity[kind]
  }
  if (Object.keys(antiAffinity).length === 0) delete affinity['podAntiAffinity']
  if (Object.keys(affinity).length === 0) delete spec['affinity']
}

function namesHash(term: Fields): boolean {
  return listOf(fieldsOf(term['labelSelector'])['matchExpressions']).some(({ key }) => key === podTemplateHashLabel)
}

/** A copy in which what is nothing is nowhere. */
function withoutAbsent(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutAbsent(item, name))
  if (!isFields(value)) return value
  if (quantityMaps.has(name)) return Object.fromEntries(Object.entries(value).map(([key, amount]) => [key, quantityText(amount)]))
  const kept = Object.entries(value).map(([key, child]) => [key, maps.has(name) ? child : withoutAbsent(child, key)] as const)
  return Object.fromEntries(kept.filter(([key, child]) => !isAbsent(child, maps.has(name) ? undefined : key)))
}

/** Without a name: an entry of a map, which is there even if it is empty. */
function isAbsent(value: unknown, name: string | undefined): boolean {
  if (value === null || value === undefined) return true
  if (name === undefined) return false
  if (value === '') return !keptWhenEmpty.has(name)
  if (value === false || value === 0) return omittedWhenZero.has(name)
  if (Array.isArray(value)) return value.length === 0
  return isFields(value) && Object.keys(value).length === 0 && (omittedWhenEmpty.has(name) || maps.has(name) || quantityMaps.has(name))
}

/** In billionths, so that `1000m` is `1`; what is no quantity stays as it is. */
function quantityText(amount: unknown): string {
  return parseQuantity(String(amount))?.nanos.toString() ?? String(amount)
}

const tagged = /:(\w[\w.-]*)$/

/** As the server sees it when it chooses when to pull: without tag and digest too. */
function isTaggedLatest(image: string): boolean {
  const tag = tagged.exec(image.slice(image.lastIndexOf('/') + 1).replace(/@.*$/, ''))?.[1]
  return tag === undefined ? image !== '' && !image.includes('@') : tag === 'latest'
}

function without(fields: Fields, defaults: Fields): Fields {
  for (const [name, value] of Object.entries(defaults)) if (fields[name] === value) delete fields[name]
  return fields
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {}
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : []
}
