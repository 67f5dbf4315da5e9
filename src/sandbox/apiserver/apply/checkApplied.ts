import { isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import { goText, goType } from '../goText.ts'
import type { Schema } from '../schema/schema.ts'
import { type Atom, atomOf, elementOf, fieldSchema } from './atoms.ts'
import { elementText, fieldElement } from './pathElement.ts'

/** What server-side apply cannot take in an applied object: `.spec.colour: field not declared in schema`. */
export function appliedMistakes(value: Json, schema: Schema): readonly string[] {
  const mistakes: string[] = []
  check(mistakes, '', { schema, value })
  return mistakes
}

function check(mistakes: string[], path: string, { schema, value }: { readonly schema: Schema; readonly value: Json }): void {
  const say = (mistake: string, at = path): number => mistakes.push(at === '' ? mistake : `${at}: ${mistake}`)
  const atom = atomOf(schema, value)
  if (value === null) return
  if (atom.kind === 'scalar') {
    const mistake = scalarMistake(atom, value)
    if (mistake !== undefined) say(mistake)
  } else if (atom.kind === 'list') {
    if (isList(value)) checkElements(mistakes, path, { atom, list: value })
    else say(`expected list, got &{${goText(value)}}`)
  } else if (isObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const at = `${path}${elementText(fieldElement(name))}`
      const field = fieldSchema(atom.schema, name)
      // As in the real server, one unknown field ends the search in its object.
      if (field === undefined) {
        say('field not declared in schema', at)
        return
      }
      check(mistakes, at, { schema: field, value: inner })
    }
  } else say(`expected map, got &{${goText(value)}}`)
}

type Elements = { readonly atom: Extract<Atom, { readonly kind: 'list' }>; readonly list: readonly Json[] }

function checkElements(mistakes: string[], path: string, { atom, list }: Elements): void {
  const seen = new Set<string>()
  for (const [index, value] of list.entries()) {
    const element = atom.isAtomic ? `i:${index}` : elementOf(atom, value)
    if (typeof element !== 'string') {
      mistakes.push(`${path}: element ${index}: ${element.mistake}`)
      return
    }
    const text = atom.isAtomic ? `[${index}]` : elementText(element)
    if (seen.has(element)) mistakes.push(`${path}: duplicate entries for key ${text}`)
    seen.add(element)
    check(mistakes, `${path}${text}`, { schema: atom.elements, value })
  }
}

function scalarMistake({ of }: Extract<Atom, { readonly kind: 'scalar' }>, value: Json): string | undefined {
  switch (of) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goType(value)}`
    case 'string':
      return typeof value === 'string' ? undefined : `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`
    default:
      return isObject(value) || isList(value) ? `expected any scalar, got &{${goText(value)}}` : undefined
  }
}

/** Go's `%#v`. */
function goSyntax(value: Json): string {
  if (isList(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${goSyntax(inner)}`)
    return `map[string]interface {}{${entries.sort().join(', ')}}`
  }
  return value === null ? 'interface {}(nil)' : JSON.stringify(value)
}
