/** Manifests as they are written: YAML or JSON, several in a file, lists of them, and where each part stands. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseAllDocuments } from 'yaml'
import type { Path } from '../../core/spec/findings.ts'

export type Place = { readonly line: number; readonly column: number }

export type Manifest = {
  readonly file: string
  readonly value: unknown
  /** Of a field, or of the nearest around it that is written. */
  place(path: Path): Place
}

/** What is wrong with the text itself. */
export type TextMistake = Place & { readonly file: string; readonly message: string }
export type Manifests = { readonly manifests: readonly Manifest[]; readonly mistakes: readonly TextMistake[] }

const maxBytes = 10 * 1024 * 1024

/** Reads as kubectl does: YAML 1.1, where `on` and `yes` are true, but neither times nor sixty-based numbers. */
export function readManifests(file: string, text: string): Manifests {
  if (text.length > maxBytes) return { manifests: [], mistakes: [{ file, line: 1, column: 1, message: `longer than ${maxBytes} characters` }] }
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !(tag.format === 'TIME' || /:(timestamp|binary|set|omap|pairs)$/.test(tag.tag))),
  })
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const manifests: Manifest[] = []
  const mistakes: TextMistake[] = []
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors
    if (error !== undefined) {
      mistakes.push({ file, ...placeAt(error.pos[0]), message: error.message.replace(/\s+/g, ' ') })
      continue
    }
    const { contents } = document
    if (contents === null || (isScalar(contents) && contents.value === null)) continue
    const place = (path: Path): Place => placeAt(offsetOf(contents, path, (alias) => alias.resolve(document)))
    try {
      manifests.push(...unlisted({ file, value: document.toJS({ maxAliasCount: 1_000 }), place }))
    } catch (failure) {
      mistakes.push({ file, ...place([]), message: failure instanceof Error ? failure.message : String(failure) })
    }
  }
  return { manifests, mistakes }
}

type Resolve = (alias: Extract<Node, { source: string; resolve: unknown }>) => Node | undefined

/** Of its key, or of an element of a list. */
function offsetOf(root: ParsedNode, path: Path, resolve: Resolve): number {
  let node: unknown = root
  let offset = root.range[0]
  for (const part of path) {
    if (isAlias(node)) node = resolve(node)
    if (isSeq(node) && typeof part === 'number' && part < node.items.length) {
      node = node.items[part]
      offset = startOf(node) ?? offset
    } else if (isMap(node)) {
      const pair: { readonly key: unknown; readonly value: unknown } | undefined = node.items.find(
        ({ key }) => isScalar(key) && key.value === String(part),
      )
      if (pair === undefined) return offset
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else return offset
  }
  return offset
}

function startOf(node: unknown): number | undefined {
  return (node as Partial<ParsedNode> | null)?.range?.[0]
}

/** `kind: List` has its objects in `items`. */
function unlisted(manifest: Manifest): readonly Manifest[] {
  const { file, value, place } = manifest
  if (!isObject(value) || value['kind'] !== 'List' || !Array.isArray(value['items'])) return [manifest]
  return value['items'].map((item: unknown, index) => ({ file, value: item, place: (path) => place(['items', index, ...path]) }))
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
