import { join } from 'node:path'
import type { VolumeMount } from '../../../api/container.ts'

/** Where volumes lie on this machine, by name. */
export type Folders = Readonly<Record<string, string>>

/** `VOLUME_WORK_DIR` for a volume `work-dir`. */
export const volumeVariable = (name: string): string => `VOLUME_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

/** Only a container could have a folder at `/etc/shop`: in what a pod's author wrote, such a path becomes the one where the volume really lies. */
export function placer(mounts: readonly VolumeMount[], folders: Folders): (text: string) => string {
  const places = mounts
    .filter(({ name, mountPath }) => folders[name] !== undefined && mountPath !== '/')
    .map(({ name, mountPath, subPath }) => ({ from: mountPath.replace(/\/+$/, ''), to: subPath ? join(folders[name]!, subPath) : folders[name]! }))
    .sort((a, b) => b.from.length - a.from.length)
  if (places.length === 0) return (text) => text
  // At the start of a text or of a part of it, and up to the end of a name: not in the middle of `/var/etc/shop` nor of `/etc/shopping`.
  const pattern = new RegExp(`(^|[=:,;\\s"'])(${places.map(({ from }) => escaped(from)).join('|')})(?=$|[/:,;\\s"'])`, 'g')
  const targets = new Map(places.map(({ from, to }) => [from, to]))
  return (text) => text.replace(pattern, (_, before: string, from: string) => before + targets.get(from)!)
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
