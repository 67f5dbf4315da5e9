import { isAlias, isMap, isScalar, isSeq, type ParsedNode } from 'yaml'
import { type Complaint, shown } from '../../../core/routing/names.ts'
import type { YamlDocument } from './document.ts'

export type Path = readonly (string | number)[]

/**
 * Something wrong in a file. `syntax`: as YAML. `structure`: what the JSON Schema finds too. `meaning`: what no schema can tell, such as
 * names that must exist and sums that must be right.
 */
export type Finding = Complaint & { readonly kind: 'syntax' | 'structure' | 'meaning'; readonly path: Path; readonly offset: number }

/** A value in the file. `keyOffset`: where its key stands, if it is a map's. */
export type Place = {
  readonly node: ParsedNode | null
  readonly path: Path
  readonly keyOffset?: number
  /** The node stands elsewhere, behind an anchor. */
  readonly aliased: boolean
}

/** Follows nodes, collects what is wrong with them. */
export type Reading = {
  readonly findings: readonly Finding[]
  /** The node itself, or what its alias stands for. */
  open(place: Place): ParsedNode | null
  child(place: Place, node: unknown, name: string | number, keyOffset?: number): Place
  report(kind: Finding['kind'], place: Place, complaint: Complaint): void
  /** `name`: of a field within the map at `place`; `offset`: of its key, or of the map where there is none. */
  reportField(kind: Finding['kind'], place: Place, name: string, complaint: Complaint & { readonly offset?: number }): void
}

/** Thrown when reading on would cost too much; the findings so far tell why. */
export class GaveUp extends Error {}

const maxFindings = 1_000
/** Ten lists that each repeat the next ten times are 10 lines and 10¹⁰ values. */
const maxAliasedNodes = 100_000

export function startReading(document: YamlDocument): Reading {
  const findings: Finding[] = []
  let aliasedNodes = 0
  function add(finding: Finding): void {
    findings.push(finding)
    if (findings.length < maxFindings) return
    findings.push({ ...finding, message: 'more mistakes follow', fix: 'mend those above first' })
    throw new GaveUp()
  }
  function open(place: Place): ParsedNode | null {
    let node = place.node
    if (isAlias(node)) {
      const target = document.target(node)
      if (target === undefined) {
        const complaint = { message: `*${node.source} stands for nothing`, fix: `write &${node.source} before the value that is meant, further up` }
        add({ kind: 'syntax', path: place.path, offset: offsetOf(place), ...complaint })
        throw new GaveUp()
      }
      node = target
    }
    if (place.aliased && ++aliasedNodes > maxAliasedNodes) {
      const complaint = { message: `aliases stand for more than ${maxAliasedNodes} values`, fix: 'write out, or leave out, some of them' }
      add({ kind: 'syntax', path: place.path, offset: offsetOf(place), ...complaint })
      throw new GaveUp()
    }
    return node
  }
  return {
    findings,
    open,
    child: (place, node, name, keyOffset) => ({
      node: (node ?? null) as ParsedNode | null,
      path: [...place.path, name],
      ...(keyOffset === undefined ? {} : { keyOffset }),
      aliased: place.aliased || isAlias(place.node) || isAlias(node),
    }),
    report: (kind, place, complaint) => add({ kind, path: place.path, offset: offsetOf(place), ...complaint }),
    reportField: (kind, place, name, { offset, ...complaint }) =>
      add({ kind, path: [...place.path, name], offset: offset ?? offsetOf(place), ...complaint }),
  }
}

/** Where to point: at a value of one line itself, at a map or list by its key. */
function offsetOf({ node, keyOffset }: Place): number {
  const [start, end] = node?.range ?? []
  if (keyOffset !== undefined && (start === end || isMap(node) || isSeq(node))) return keyOffset
  return start ?? keyOffset ?? 0
}

/** The place of a path, or of the nearest value around it that the file has. */
export function locate(path: Path, root: Place, reading: Reading): Place {
  let place = root
  for (const part of path) {
    const node = reading.open(place)
    if (isSeq(node) && typeof part === 'number' && part < node.items.length) place = reading.child(place, node.items[part], part)
    else if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && each.key.value === part)
      if (pair === undefined) break
      place = reading.child(place, pair.value, part, (pair.key as ParsedNode).range[0])
    } else break
  }
  return place
}

/** What stands there, for a message. */
export function described(node: ParsedNode | null): string {
  if (isMap(node)) return 'a map'
  if (isSeq(node)) return 'a list'
  if (!isScalar(node) || node.value === null) return 'nothing'
  if (typeof node.value === 'string') return shown(node.value)
  const kind = typeof node.value === 'boolean' ? 'a boolean' : 'a number'
  return `${node.source ?? shown(node.value)}, ${kind}`
}
