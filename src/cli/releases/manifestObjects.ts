import { readFile } from 'node:fs/promises'
import type { KubeObject } from '../../api/meta.ts'
import { isObject, type Manifest, readManifests } from '../lint/manifests.ts'

export type ManifestObject = {
  readonly object: KubeObject
  /** `rollout.yaml:12`: where it begins. */
  readonly at: string
}

/** Beyond, it is no manifest: etcd holds 1.5 MiB. Whoever reads the text refuses it. */
const enoughBytes = 10 * 1024 * 1024 + 1

/** The objects of a file, `-` being the standard input. Throws an Error that names file, line and column. */
export async function manifestObjects(path: string, stdin: AsyncIterable<Uint8Array | string>): Promise<readonly ManifestObject[]> {
  const text = path === '-' ? await textOf(stdin) : await readText(path)
  const { manifests, mistakes } = readManifests(path === '-' ? 'standard input' : path, text)
  const [mistake] = mistakes
  if (mistake !== undefined) throw new Error(`${mistake.file}:${mistake.line}:${mistake.column}: ${mistake.message}`)
  return manifests.map(objectOf)
}

function objectOf({ file, value, place }: Manifest): ManifestObject {
  const at = `${file}:${place([]).line}`
  const { apiVersion, kind, metadata } = isObject(value) ? value : {}
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw new Error(`${at}: is no Kubernetes object: it needs apiVersion and kind`)
  if (!isObject(metadata) || (typeof metadata['name'] !== 'string' && typeof metadata['generateName'] !== 'string'))
    throw new Error(`${at}: ${kind} has no metadata.name`)
  const flaw = flawIn(value, [])
  if (flaw !== undefined) {
    const { line, column } = place(flaw.path)
    throw new Error(`${file}:${line}:${column}: ${flaw.message}`)
  }
  return { object: value as KubeObject, at }
}

type Path = readonly (string | number)[]

/** Deeper is no object; a part that refers to itself is without end. */
const deepest = 100

/** What would not be the same on the way to the server. */
function flawIn(value: unknown, path: Path): { readonly path: Path; readonly message: string } | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return { path, message: 'a number beyond what can be kept exactly; create it with kubectl' }
  if (typeof value !== 'object' || value === null) return undefined
  if (path.length > deepest) return { path: [], message: `nested deeper than ${deepest} levels` }
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  for (const [key, inner] of entries) {
    const found = flawIn(inner, [...path, key])
    if (found !== undefined) return found
  }
  return undefined
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${code})`)
  }
}

async function textOf(stdin: AsyncIterable<Uint8Array | string>): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of stdin) {
    parts.push(Buffer.from(part))
    size += part.length
    if (size > enoughBytes) break
  }
  return Buffer.concat(parts).toString('utf8')
}
