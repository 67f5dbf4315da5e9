import { isUtf8 } from 'node:buffer'
import { type Alias, isAlias, LineCounter, type ParsedNode, parseDocument, visit, type YAMLError } from 'yaml'
import type { Complaint } from '../../../core/routing/names.ts'

/** A YAML text as nodes that know their place. */
export type YamlDocument = {
  /** null: the text is empty or only comments. */
  readonly root: ParsedNode | null
  /** 1-based. */
  position(offset: number): { readonly line: number; readonly column: number }
  /** What an alias stands for; undefined: nothing before it has that anchor. */
  target(alias: Alias.Parsed): ParsedNode | undefined
  /** What is wrong with the text as YAML; if anything is, the nodes are a guess. */
  readonly errors: readonly (Complaint & { readonly offset: number })[]
}

export const maxBytes = 10 * 1024 * 1024
/** One slip often makes a parser complain about all that follows. */
const maxErrors = 10

export function openDocument(bytes: Uint8Array): YamlDocument {
  // Without its byte order mark, which no editor counts as a column.
  const text = new TextDecoder('utf-8').decode(bytes)
  const lines = linesOf(text)
  const position: YamlDocument['position'] = (offset) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const broken = (offset: number, complaint: Complaint): YamlDocument => ({
    root: null,
    position,
    target: () => undefined,
    errors: [{ offset, ...complaint }],
  })
  if (bytes.length > maxBytes)
    return broken(0, { message: `longer than ${maxBytes} bytes`, fix: 'leave out what is not needed, or run several edges' })
  if (!isUtf8(bytes)) {
    return broken(text.indexOf('\ufffd'), { message: 'not UTF-8', fix: 'save the file in UTF-8' })
  }
  const document = parseDocument(text, {
    // The core schema even after a `%YAML 1.1` line: there `no` is text, not false. Duplicate keys are found while reading, in linear time.
    schema: 'core',
    version: '1.2',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    strict: true,
  })
  const found = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  const oncePerLine = found.filter((error, index) => index === 0 || position(error.pos[0]).line !== position(found[index - 1]!.pos[0]).line)
  const errors = oncePerLine.slice(0, maxErrors).map((error) => ({ offset: error.pos[0], ...complaintOf(error, text) }))
  if (errors.length > 0) return { root: null, position, target: () => undefined, errors }
  const targets = targetsOf(document.contents)
  return { root: document.contents, position, target: (alias) => targets.get(alias), errors }
}

/** Counted here: the parser's own count misses lines where it skips what it does not understand. */
function linesOf(text: string): LineCounter {
  const lines = new LineCounter()
  lines.addNewLine(0)
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1)
  return lines
}

/** In one pass: the library's own `resolve` walks the whole document for every alias. */
function targetsOf(root: ParsedNode | null): ReadonlyMap<unknown, ParsedNode> {
  const anchors = new Map<string, ParsedNode>()
  const targets = new Map<unknown, ParsedNode>()
  if (root === null) return targets
  visit(root, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source)
        if (target !== undefined) targets.set(node, target)
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node as ParsedNode)
    },
  })
  return targets
}

function complaintOf(error: YAMLError, text: string): Complaint {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1
  const line = text.slice(lineStart).split('\n', 1)[0]!
  const message = messages[error.code] ?? error.message.replace(/\s+/g, ' ').replace(/[:.]$/, '')
  return {
    message,
    fix: bareAddress.test(line) ? 'put addresses with brackets into quotes, as in "[::1]:8080"' : (fixes[error.code] ?? 'write valid YAML 1.2'),
  }
}

/** In YAML an unquoted `[` begins a list. */
const bareAddress = /(?:^|[^"'\w])\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]:[0-9]/

/** Where the library's own words say little to the author of a file. */
const messages: Partial<Record<YAMLError['code'], string>> = {
  MULTIPLE_DOCS: 'more than one YAML document',
  RESOURCE_EXHAUSTION: 'nested too deeply',
}

const fixes: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'put a blank between the alias and the colon',
  BAD_DQ_ESCAPE: 'double the backslash, or use single quotes',
  BAD_INDENT: 'indent the entries of one level alike, and close every bracket and brace',
  BAD_SCALAR_START: 'put the value into quotes',
  BLOCK_AS_IMPLICIT_KEY: 'begin the nested map on a line of its own, or put a value with a colon into quotes',
  MISSING_CHAR: 'add the missing colon, comma, quote, bracket or brace',
  MULTIPLE_DOCS: 'keep one document: remove `---` and what follows',
  NON_STRING_KEY: 'use plain text as the key',
  RESOURCE_EXHAUSTION: 'remove the needless brackets, braces or dashes',
  TAB_AS_INDENT: 'indent with blanks',
  TAG_RESOLVE_FAILED: 'remove the tag',
}
