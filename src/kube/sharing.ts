import type { KubeObject } from '../api/meta.ts'

/** Reads answers and events, and lets what it reads share what is the same. */
export type Sharing = {
  /** As `JSON.parse`, but for objects, alone, as an event's, or as a list's items. Throws a SyntaxError. */
  parse(text: string): unknown
}

/** Beyond, all are forgotten, and the next ones begin anew. A kind has a few shapes, times the programs that write to it. */
const shapesMaximum = 500
/** Of what was met once. Some shapes are an object's alone: a kubelet names each pod's address in them. */
const metMaximum = 10_000
/** So many are compared before the end of one is looked for. */
const recentMaximum = 8
const longestShape = 64 * 1024

type Shape = { readonly text: string; readonly value: unknown }
type Managed = KubeObject & { readonly metadata: { readonly managedFields?: readonly { fieldsV1?: unknown }[] } }

/**
 * Lets objects share what says who owns their fields: more than half of an object, and the same in all that were written by the same programs. What is
 * met again is cut from the text before that is parsed, so that it is neither parsed nor kept once more: bench/results/informer.md has what both save.
 */
export function openSharing(): Sharing {
  const shapes = new Map<string, Shape>()
  const met = new Set<number>()
  /** The last ones met, the latest first: objects of a kind come in rows. */
  let recent: readonly Shape[] = []

  function shapeAt(text: string, at: number): Shape | undefined {
    const near = recent.find((shape) => text.startsWith(shape.text, at))
    if (near !== undefined) return near
    const { end, hash } = objectAt(text, at)
    if (end === undefined || isNew(hash)) return undefined
    const piece = text.slice(at, end)
    const shape = shapes.get(piece) ?? learn(piece)
    recent = [shape, ...recent].slice(0, recentMaximum)
    return shape
  }

  function isNew(hash: number): boolean {
    if (met.has(hash)) return false
    if (met.size >= metMaximum) met.clear()
    met.add(hash)
    return true
  }

  function learn(piece: string): Shape {
    if (shapes.size >= shapesMaximum) shapes.clear()
    // A copy: a slice would keep the whole text that it is of.
    const shape = { text: Buffer.from(piece).toString(), value: JSON.parse(piece) as unknown }
    shapes.set(shape.text, shape)
    return shape
  }

  return {
    parse(text) {
      const { rest, cut } = withoutShapes(text, shapeAt)
      if (cut.length === 0) return JSON.parse(text)
      const value: unknown = JSON.parse(rest)
      // An object that has such a field elsewhere as well is read as any other.
      return putBack(value, cut) === cut.length ? value : JSON.parse(text)
    },
  }
}

/**
 * The text with a number, of `cut`, in the place of each `fieldsV1`. Between quotation marks that are not escaped there can be no such name but as a key: after
 * a comma or a brace, a quotation mark begins one.
 */
function withoutShapes(
  text: string,
  shapeAt: (text: string, at: number) => Shape | undefined,
): { readonly rest: string; readonly cut: readonly unknown[] } {
  const cut: unknown[] = []
  let rest = ''
  let from = 0
  for (let at = text.indexOf(field); at >= 0; at = text.indexOf(field, at + field.length)) {
    const before = text.charCodeAt(at - 1)
    if (before !== comma && before !== openBrace) continue
    const start = at + field.length
    const shape = shapeAt(text, start)
    if (shape === undefined) continue
    rest += text.slice(from, start) + cut.length
    cut.push(shape.value)
    from = start + shape.text.length
    at = from - field.length
  }
  return { rest: rest + text.slice(from), cut }
}

const field = '"fieldsV1":'
const comma = 44
const openBrace = 123
const closeBrace = 125
const quotationMark = 34
const backslash = 92

/** Where the object that begins at `at` ends, behind its brace: undefined where none does, or not within reason. `hash`: of its text. */
function objectAt(text: string, at: number): { readonly end?: number; readonly hash: number } {
  const limit = text.charCodeAt(at) === openBrace ? Math.min(text.length, at + longestShape) : at
  let depth = 0
  let hash = 0
  let inString = false
  for (let i = at; i < limit; i++) {
    const code = text.charCodeAt(i)
    hash = (Math.imul(hash, 31) + code) | 0
    if (inString) {
      if (code === backslash) i++
      else if (code === quotationMark) inString = false
    } else if (code === quotationMark) inString = true
    else if (code === openBrace) depth++
    else if (code === closeBrace && --depth === 0) return { end: i + 1, hash }
  }
  return { hash }
}

/** Gives objects what was cut from them, in their managedFields and nowhere else; tells how many had theirs. */
function putBack(value: unknown, cut: readonly unknown[]): number {
  const { object, items } = value as { readonly object?: unknown; readonly items?: unknown }
  let count = 0
  for (const each of Array.isArray(items) ? (items as unknown[]) : [object, value]) {
    const fields = (each as Managed | undefined | null)?.metadata?.managedFields
    if (!Array.isArray(fields)) continue
    for (const entry of fields as { fieldsV1?: unknown }[])
      if (typeof entry?.fieldsV1 === 'number') {
        entry.fieldsV1 = cut[entry.fieldsV1]
        count++
      }
  }
  return count
}
