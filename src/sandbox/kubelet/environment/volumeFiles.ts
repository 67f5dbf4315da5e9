import type { DownwardFile, KeyToPath, ProjectedSource, Volume } from '../../../api/container.ts'
import { fieldValue, type PodFacts, resourceValue } from './downward.ts'
import type { Resolved } from './variables.ts'

export type VolumeFile = { readonly path: string; readonly mode: number; readonly content: Buffer | TokenRequest }
/** A token that has to be asked for. */
export type TokenRequest = { readonly kind: 'token'; readonly audience: string | undefined; readonly expirationSeconds: number }

/** A volume as it lies on this machine: a folder with files in it, a folder for the pod to write in, or one that is there already. */
export type VolumeContent =
  | { readonly kind: 'files'; readonly files: readonly VolumeFile[] }
  | { readonly kind: 'empty' }
  | { readonly kind: 'host'; readonly path: string }

/** Bytes, as ConfigMaps and Secrets have them. */
export type BinaryLookup = {
  configMap(name: string): Readonly<Record<string, Buffer>> | undefined
  secret(name: string): Readonly<Record<string, Buffer>> | undefined
}

const defaultMode = 0o644
const tokenSeconds = 3_600

export function volumeContent(volume: Volume, facts: PodFacts, lookup: BinaryLookup): Resolved<VolumeContent> {
  const { configMap, secret, downwardAPI, projected, hostPath, emptyDir } = volume
  const content = (files: Resolved<readonly VolumeFile[]>): Resolved<VolumeContent> =>
    files.kind === 'error' ? files : { kind: 'value', value: { kind: 'files', files: files.value } }
  if (emptyDir !== undefined) return { kind: 'value', value: { kind: 'empty' } }
  if (hostPath !== undefined) return { kind: 'value', value: { kind: 'host', path: hostPath.path } }
  if (configMap !== undefined) return content(keys('configmap', { ...configMap, name: configMap.name ?? '' }, configMap.defaultMode, lookup))
  if (secret !== undefined) return content(keys('secret', { ...secret, name: secret.secretName ?? '' }, secret.defaultMode, lookup))
  if (downwardAPI !== undefined) return content(downwardFiles(downwardAPI.items, downwardAPI.defaultMode, facts))
  if (projected !== undefined) {
    const files: VolumeFile[] = []
    for (const source of projected.sources ?? []) {
      const made = projectedFiles(source, projected.defaultMode, { facts, lookup })
      if (made.kind === 'error') return made
      files.push(...made.value)
    }
    return { kind: 'value', value: { kind: 'files', files } }
  }
  const [type = 'no type'] = Object.keys(volume).filter((key) => key !== 'name')
  return { kind: 'error', error: `volumes of type ${type} do not exist in this sandbox; emptyDir and hostPath do` }
}

type KeysSource = { readonly name: string; readonly items?: readonly KeyToPath[]; readonly optional?: boolean }

function keys(what: 'configmap' | 'secret', source: KeysSource, mode = defaultMode, lookup: BinaryLookup): Resolved<readonly VolumeFile[]> {
  const { name, items, optional = false } = source
  const data = what === 'configmap' ? lookup.configMap(name) : lookup.secret(name)
  if (data === undefined) return optional ? { kind: 'value', value: [] } : { kind: 'error', error: `${what} "${name}" not found` }
  if (items === undefined) return { kind: 'value', value: Object.entries(data).map(([path, content]) => ({ path, mode, content })) }
  const missing = items.find(({ key }) => !Object.hasOwn(data, key))
  if (missing !== undefined && !optional)
    return {
      kind: 'error',
      error: `${what === 'secret' ? '' : 'configmap '}references non-existent ${what === 'secret' ? 'secret' : 'config'} key: ${missing.key}`,
    }
  const files = items.flatMap((item) => {
    const content = Object.hasOwn(data, item.key) ? data[item.key] : undefined
    return content === undefined ? [] : [{ path: item.path, mode: item.mode ?? mode, content }]
  })
  return { kind: 'value', value: files }
}

function downwardFiles(items: readonly DownwardFile[] = [], mode = defaultMode, facts: PodFacts): Resolved<readonly VolumeFile[]> {
  const files: VolumeFile[] = []
  for (const item of items) {
    const asked = item.resourceFieldRef
    const { containers, initContainers = [] } = facts.pod.spec
    const container = [...containers, ...initContainers].find(({ name }) => name === asked?.containerName)
    const text =
      item.fieldRef !== undefined ? fieldValue(item.fieldRef, facts) : asked !== undefined ? resourceValue(asked, container, facts) : undefined
    if (text === undefined) return { kind: 'error', error: `unsupported field of ${item.path}` }
    files.push({ path: item.path, mode: item.mode ?? mode, content: Buffer.from(text) })
  }
  return { kind: 'value', value: files }
}

function projectedFiles(
  { configMap, secret, downwardAPI, serviceAccountToken }: ProjectedSource,
  mode = defaultMode,
  { facts, lookup }: { readonly facts: PodFacts; readonly lookup: BinaryLookup },
): Resolved<readonly VolumeFile[]> {
  if (configMap !== undefined) return keys('configmap', { ...configMap, name: configMap.name ?? '' }, mode, lookup)
  if (secret !== undefined) return keys('secret', { ...secret, name: secret.name ?? '' }, mode, lookup)
  if (downwardAPI !== undefined) return downwardFiles(downwardAPI.items, mode, facts)
  if (serviceAccountToken === undefined) return { kind: 'error', error: 'a projected source of a type that does not exist in this sandbox' }
  const { audience, expirationSeconds = tokenSeconds, path } = serviceAccountToken
  return { kind: 'value', value: [{ path, mode: 0o600, content: { kind: 'token', audience, expirationSeconds } }] }
}
