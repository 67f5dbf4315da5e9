/** Kubernetes objects in files of YAML or JSON. */
import { readFile } from 'node:fs/promises'
import type { KubeObject } from '../api/meta.ts'

export type Manifest = {
  readonly object: KubeObject
  /** `rollout.yaml:12`: where it begins. */
  readonly at: string
}

/** Beyond, it is no manifest: etcd holds 1.5 MiB. */
const maxBytes = 10 * 1024 * 1024
const maxAliases = 100

/** Throws an Error that names file, line and column. `-`: the standard input. */
export async function readManifests(path: string, stdin: AsyncIterable<Uint8Array | string>): Promise<readonly Manifest[]> {
  const text = path === '-' ? await textOf(stdin) : await readText(path)
  return parseManifests(text, path === '-' ? 'standard input' : path)
}

export async function parseManifests(text: string, name: string): Promise<readonly Manifest[]> {
  const { LineCounter, parseAllDocuments } = await import('yaml')
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, intAsBigInt: true })
  if (!Array.isArray(documents)) return []
  return documents.flatMap((document) => {
    const placeOf = (offset: number): string => {
      const { line, col } = lines.linePos(offset)
      return `${name}:${line}:${col}`
    }
    const [error] = document.errors
    if (error !== undefined) throw new Error(`${placeOf(error.pos[0])}: ${error.message}`)
    const offset = document.contents?.range?.[0] ?? 0
    const at = `${name}:${lines.linePos(offset).line}`
    let value: unknown
    try {
      value = exact(document.toJS({ maxAliasCount: maxAliases }))
    } catch (error) {
      throw new Error(`${at}: ${error instanceof Error ? error.message : String(error)}`)
    }
    return objectsIn(value, at)
  })
}

/** An empty document is none; of a List, its items. */
function objectsIn(value: unknown, at: string): readonly Manifest[] {
  if (value === null || value === undefined) return []
  const { apiVersion, kind, items, metadata } = isFields(value) ? value : {}
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') throw new Error(`${at}: is no Kubernetes object: it needs apiVersion and kind`)
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap((item) => objectsIn(item, at))
  if (!isFields(metadata) || (typeof metadata['name'] !== 'string' && typeof metadata['generateName'] !== 'string'))
    throw new Error(`${at}: ${kind} has no metadata.name`)
  return [{ object: value as KubeObject, at }]
}

/** Numbers as they were written, also where they are beyond what a number can hold here. */
function exact(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : rawJson(String(value))
  if (Array.isArray(value)) return value.map(exact)
  if (!isFields(value)) return value
  const result: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value))
    Object.defineProperty(result, key, { value: exact(inner), enumerable: true, writable: true, configurable: true })
  return result
}

function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)
}

async function readText(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${code})`)
  }
  return bounded(text, path)
}

async function textOf(stdin: AsyncIterable<Uint8Array | string>): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of stdin) {
    parts.push(Buffer.from(part))
    size += part.length
    if (size > maxBytes) break
  }
  return bounded(Buffer.concat(parts).toString('utf8'), 'standard input')
}

function bounded(text: string, name: string): string {
  if (text.length > maxBytes) throw new Error(`${name} is larger than 10 MiB: that is no manifest`)
  return text
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
