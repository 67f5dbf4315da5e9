import { type Document, isMap, isScalar, LineCounter, parseDocument, visit, type YAMLError } from 'yaml'
import type { Json } from '../../unstructured.ts'
import { isDeeperThan } from '../jsonBytes.ts'
import { maxDepth } from './strictJson.ts'

export type ParsedYaml = {
  readonly value: Json
  /** Keys that came twice: `line 6: key "hostname" already set in map`. */
  readonly repeated: readonly string[]
}

/**
 * Reads YAML as the real server does: YAML 1.1, where `on` and `yes` are true, but neither times nor sixty-based numbers; the first document only.
 * Throws a SyntaxError: `yaml: line 3: …`.
 */
export function parseStrictYaml(text: string): ParsedYaml {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    lineCounter,
    logLevel: 'silent',
    customTags: (tags) =>
      tags.filter((tag) => typeof tag === 'string' || !(tag.format === 'TIME' || /:(timestamp|binary|set|omap|pairs)$/.test(tag.tag))),
  })
  const [error] = document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS')
  if (error !== undefined) throw new SyntaxError(worded(error))
  const value = jsonOf(document)
  // An anchor that contains itself has no end.
  if (isDeeperThan(maxDepth, value)) throw new SyntaxError('yaml: values are nested too deep')
  return { value, repeated: repeatedKeys(document, lineCounter) }
}

function jsonOf(document: Document): Json {
  try {
    return (document.toJS({ maxAliasCount: 1000 }) ?? null) as Json
  } catch (cause) {
    const anchor = /Unresolved alias .*: (.*)$/.exec(String(cause))?.[1]
    throw new SyntaxError(anchor === undefined ? 'yaml: document contains excessive aliasing' : `yaml: unknown anchor '${anchor}' referenced`, {
      cause,
    })
  }
}

function repeatedKeys(document: Document, lineCounter: LineCounter): readonly string[] {
  const found: string[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const { key } of isMap(map) ? map.items : []) {
        if (!isScalar(key)) continue
        if (seen.has(key.value))
          found.push(`line ${lineCounter.linePos(key.range?.[0] ?? 0).line}: key ${JSON.stringify(key.value)} already set in map`)
        seen.add(key.value)
      }
    },
  })
  return found
}

const wordings: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found a tab character that violates indentation',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BAD_DIRECTIVE: 'found unknown directive name',
  BAD_ALIAS: 'did not find expected alphabetic or numeric character',
  BAD_INDENT: 'did not find expected node content',
  MISSING_CHAR: 'did not find expected node content',
}

/** The line is where the mistake is seen, which is not always where the real server's parser sees it. */
function worded({ code, linePos }: YAMLError): string {
  const { line } = linePos?.[0] ?? { line: 1 }
  // There the first line has no number where its words are wrong, and one where their order is.
  const isOfWords = line === 1 && code !== 'MISSING_CHAR' && code !== 'BAD_INDENT'
  return `yaml: ${isOfWords ? '' : `line ${line}: `}${wordings[code] ?? 'did not find expected key'}`
}
