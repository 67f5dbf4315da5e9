import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { KubeObject } from '../../../api/meta.ts'
import type { Pod } from '../../../api/pod.ts'
import type { PodFacts } from '../environment/downward.ts'
import { bytesIn } from '../environment/lookup.ts'
import type { Folders } from '../environment/places.ts'
import { type VolumeContent, type VolumeFile, volumeContent } from '../environment/volumeFiles.ts'
import type { PodContext } from './context.ts'

/** Where things of a pod lie. */
export const podFolder = (directory: string, { metadata }: Pod): string => join(directory, 'pods', metadata.uid ?? metadata.name)

export type Prepared = { readonly kind: 'ready'; readonly folders: Folders } | { readonly kind: 'failed'; readonly message: string }

/** Writes a pod's volumes, or writes them anew with what they hold now. */
export async function writeVolumes(pod: Pod, facts: PodFacts, context: PodContext): Promise<Prepared> {
  const folders: Record<string, string> = {}
  const lookup = bytesIn(context.cluster, pod.metadata.namespace)
  for (const volume of pod.spec.volumes ?? []) {
    const content = volumeContent(volume, facts, lookup)
    const failed = (because: string): Prepared => ({ kind: 'failed', message: `MountVolume.SetUp failed for volume "${volume.name}" : ${because}` })
    if (content.kind === 'error') return failed(content.error)
    const folder = join(podFolder(context.directory, pod), 'volumes', volume.name)
    folders[volume.name] = content.value.kind === 'host' ? content.value.path : folder
    try {
      await writeVolume(folder, content.value, pod, context)
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error))
    }
  }
  return { kind: 'ready', folders }
}

async function writeVolume(folder: string, content: VolumeContent, pod: Pod, context: PodContext): Promise<void> {
  if (content.kind === 'host') return
  await mkdir(folder, { recursive: true, mode: 0o755 })
  if (content.kind === 'empty') return
  for (const file of content.files) await writeWhole(join(folder, file.path), await bytesOf(file, pod, context), file.mode)
  const wanted = new Set(content.files.map(({ path }) => join(path)))
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name))
    if (entry.isFile() && !wanted.has(path)) await rm(join(folder, path), { force: true })
  }
}

async function bytesOf({ content }: VolumeFile, pod: Pod, { access }: PodContext): Promise<Buffer | string> {
  if (Buffer.isBuffer(content)) return content
  return access.mintToken({ pod, serviceAccount: serviceAccountOf(pod), audience: content.audience, expirationSeconds: content.expirationSeconds })
}

/** A reader sees the old file or the new one. */
async function writeWhole(path: string, content: Buffer | string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.new-${process.pid}`
  await writeFile(temporary, content, { mode })
  await rename(temporary, path)
}

const kubeconfigSeconds = 3_607

/** The file for KUBECONFIG; undefined where the pod or its account wants none. */
export async function writePodKubeconfig(pod: Pod, { cluster, access, directory }: PodContext): Promise<string | undefined> {
  const serviceAccount = serviceAccountOf(pod)
  const account = cluster.find<KubeObject & { readonly automountServiceAccountToken?: boolean }>('serviceaccounts', {
    namespace: pod.metadata.namespace,
    name: serviceAccount,
  })
  const isWanted = pod.spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true
  if (!isWanted || account === undefined || access.kubeconfig === undefined) return undefined
  const text = await access.kubeconfig({ pod, serviceAccount, audience: undefined, expirationSeconds: kubeconfigSeconds })
  const path = join(podFolder(directory, pod), 'kubeconfig')
  await writeWhole(path, text, 0o600)
  return path
}

export const serviceAccountOf = ({ spec }: Pod): string => spec.serviceAccountName || 'default'
