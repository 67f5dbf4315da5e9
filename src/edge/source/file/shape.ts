import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml'
import type { Complaint } from '../../../core/routing/names.ts'
import { nearest } from '../../../core/routing/nearest.ts'
import { described, type Place, type Reading } from './reading.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * What a value in the file may look like, told once: to the reader and, as JSON Schema, to editors.
 * `read` always returns a value: where the file is wrong, it reports that and goes on with the `hole`, so that the rest is judged too.
 */
export type Shape<T> = { read(place: Place, reading: Reading): T; readonly hole: T; readonly schema: JsonSchema }

/** A key of an object. `missing` is its value when the file does not have it; absent: it must. */
export type Field<T> = { readonly shape: Shape<T>; readonly notes: JsonSchema; readonly missing?: { readonly value: T } }

export function required<T>(shape: Shape<T>, description: string, notes: JsonSchema = {}): Field<T> {
  return { shape, notes: { description, ...notes } }
}

export function optional<T>(shape: Shape<T>, description: string, notes: JsonSchema = {}): Field<T | undefined> {
  return { shape, notes: { description, ...notes }, missing: { value: undefined } }
}

/** `written`: the default as one would write it. */
export function defaulted<T>(shape: Shape<T>, value: NoInfer<T>, description: string, written: unknown): Field<T> {
  return { shape, notes: { description, default: written }, missing: { value } }
}

type Fields = Readonly<Record<string, Field<unknown>>>
type ValueOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** `exactlyOne`, `atLeastOne`: rules on which of the optional keys occur. */
type ObjectRules = { readonly exactlyOne?: readonly string[]; readonly atLeastOne?: boolean }

export function object<F extends Fields>(fields: F, { exactlyOne = [], atLeastOne = false }: ObjectRules = {}): Shape<ValueOf<F>> {
  const names = Object.keys(fields)
  const mandatory = names.filter((name) => fields[name]!.missing === undefined)
  const example = names.filter((name) => mandatory.includes(name) || exactlyOne[0] === name)
  function readKeys(place: Place, reading: Reading, values: Map<string, unknown>): void {
    const node = reading.open(place)
    const guessed = new Set<string>()
    if (!isMap(node)) {
      const fix = example.length > 0 ? `write a map with ${example.join(', ')}` : `write a map with any of ${names.join(', ')}`
      reading.report('structure', place, expected('a map', node, fix))
      return
    }
    for (const { name, keyOffset, value } of keysOf(node, place, reading)) {
      if (Object.hasOwn(fields, name)) values.set(name, fields[name]!.shape.read(reading.child(place, value, name, keyOffset), reading))
      else {
        const meant = nearest(name, names)
        if (meant !== undefined) guessed.add(meant)
        reading.reportField('structure', place, name, { offset: keyOffset, ...unknownField(name, meant, names) })
      }
    }
    const absent = mandatory.filter((name) => !values.has(name) && !guessed.has(name))
    for (const name of absent)
      reading.reportField('structure', place, name, { message: 'missing', fix: `add ${name}: ${fields[name]!.notes['description']}` })
    const chosen = exactlyOne.filter((name) => values.has(name))
    const given = exactlyOne.join(', ')
    if (exactlyOne.length > 0 && chosen.length === 0 && !exactlyOne.some((name) => guessed.has(name)))
      reading.report('structure', place, { message: `has none of ${given}`, fix: 'add one of them' })
    if (chosen.length > 1) reading.report('structure', place, { message: `has ${chosen.join(' and ')}`, fix: `keep one of ${given}` })
    if (atLeastOne && node.items.length === 0)
      reading.report('structure', place, { message: 'is an empty map', fix: `add any of ${names.join(', ')}` })
  }
  const valued = (values: ReadonlyMap<string, unknown>): ValueOf<F> => {
    const entries = names.map((name) => {
      const { missing, shape } = fields[name]!
      return [name, values.has(name) ? values.get(name) : missing === undefined ? shape.hole : missing.value]
    })
    return Object.fromEntries(entries) as ValueOf<F>
  }
  return {
    read(place, reading) {
      const values = new Map<string, unknown>()
      readKeys(place, reading, values)
      return valued(values)
    },
    hole: valued(new Map()),
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(names.map((name) => [name, { ...fields[name]!.shape.schema, ...fields[name]!.notes }])),
      ...(mandatory.length === 0 ? {} : { required: mandatory }),
      ...(exactlyOne.length === 0 ? {} : { oneOf: exactlyOne.map((name) => ({ required: [name] })) }),
      ...(atLeastOne ? { minProperties: 1 } : {}),
    },
  }
}

function unknownField(name: string, meant: string | undefined, names: readonly string[]): Complaint {
  if (name === '<<') return { message: 'merge keys are no part of YAML 1.2', fix: 'write the fields out, or use an alias for a whole value' }
  if (meant !== undefined) return { message: `unknown field \`${name}\``, fix: `did you mean \`${meant}\`?` }
  return { message: `unknown field \`${name}\``, fix: `use ${names.join(', ')}` }
}

export type Named<T> = { readonly name: string; readonly value: T }

/** A map whose keys are names that the author chooses. */
export function mapOf<T>(
  shape: Shape<T>,
  key: { readonly pattern: string; complaint(name: string): Complaint | undefined },
  { minItems = 0 }: { readonly minItems?: number } = {},
): Shape<readonly Named<T>[]> {
  return {
    read(place, reading) {
      const node = reading.open(place)
      if (!isMap(node)) {
        reading.report('structure', place, expected('a map', node, 'write a map of names'))
        return []
      }
      if (node.items.length < minItems) reading.report('structure', place, { message: 'is an empty map', fix: 'add an entry' })
      return keysOf(node, place, reading).map(({ name, keyOffset, value }) => {
        const complaint = key.complaint(name)
        if (complaint !== undefined) reading.reportField('structure', place, name, { offset: keyOffset, ...complaint })
        return { name, value: shape.read(reading.child(place, value, name, keyOffset), reading) }
      })
    },
    hole: [],
    schema: {
      type: 'object',
      propertyNames: { pattern: key.pattern },
      additionalProperties: shape.schema,
      ...(minItems === 0 ? {} : { minProperties: minItems }),
    },
  }
}

type Key = { readonly name: string; readonly keyOffset: number; readonly value: unknown }

/** Keys that are given twice are reported and left out. */
function keysOf(node: ParsedNode & { items: unknown }, place: Place, reading: Reading): Key[] {
  if (!isMap(node)) return []
  const keys = new Map<string, Key>()
  for (const pair of node.items) {
    const key = pair.key as ParsedNode
    const keyOffset = key.range[0]
    // `stringKeys` lets only text pass, but for an alias and for a key that is left empty.
    if (!isScalar(key) || typeof key.value !== 'string' || key.value === '') {
      reading.report('syntax', { ...place, node: key }, { message: 'the key is not text', fix: 'use plain text as the key' })
      continue
    }
    const name = key.value
    if (keys.has(name))
      reading.reportField('syntax', place, name, { offset: keyOffset, message: `\`${name}\` is given twice`, fix: 'keep one of them' })
    else keys.set(name, { name, keyOffset, value: pair.value })
  }
  return [...keys.values()]
}

export function listOf<T>(shape: Shape<T>, { minItems = 0 }: { readonly minItems?: number } = {}): Shape<readonly T[]> {
  return {
    read(place, reading) {
      const node = reading.open(place)
      if (!isSeq(node)) {
        const inline = isScalar(node) && typeof node.value === 'string' ? `write [${JSON.stringify(node.value)}]` : 'write a list'
        reading.report('structure', place, expected('a list', node, inline))
        return []
      }
      if (node.items.length < minItems) reading.report('structure', place, { message: 'is an empty list', fix: 'add an entry' })
      return node.items.map((item, index) => shape.read(reading.child(place, item, index), reading))
    },
    hole: [],
    schema: { type: 'array', items: shape.schema, ...(minItems === 0 ? {} : { minItems }) },
  }
}

type Forms = Readonly<Record<string, Shape<unknown>>>
type FormOf<S extends Forms> = { [K in keyof S]: S[K] extends Shape<infer T> ? T : never }[keyof S]

/** A map that has one of several forms. Each of them has the field `kind`, with its own name. */
export function variants<S extends Forms>(forms: S): Shape<FormOf<S>> {
  type Value = FormOf<S>
  const kinds = Object.keys(forms)
  const first = forms[kinds[0]!]!
  return {
    read(place, reading) {
      const node = reading.open(place)
      if (!isMap(node)) reading.report('structure', place, expected('a map', node, 'write a map with kind'))
      else {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === 'kind')
        const at = reading.child(place, pair?.value, 'kind')
        const kind = pair === undefined ? null : reading.open(at)
        const name = isScalar(kind) && typeof kind.value === 'string' ? kind.value : ''
        if (Object.hasOwn(forms, name)) return forms[name]!.read(place, reading) as Value
        if (pair === undefined) reading.reportField('structure', place, 'kind', { message: 'missing', fix: `add kind: ${kinds.join(', ')}` })
        else reading.report('structure', at, expected(kinds.join(' or '), kind, `write ${nearest(name, kinds) ?? kinds.join(' or ')}`))
      }
      return first.hole as Value
    },
    hole: first.hole as Value,
    schema: { oneOf: kinds.map((kind) => forms[kind]!.schema) },
  }
}

/** The same in the file, another value in the program. `convert` is total: it sees holes too. */
export function mapped<T, U>(shape: Shape<T>, convert: (value: T) => U): Shape<U> {
  return { read: (place, reading) => convert(shape.read(place, reading)), hole: convert(shape.hole), schema: shape.schema }
}

export function expected(what: string, node: ParsedNode | null, fix: string): Complaint {
  return { message: `expected ${what}, found ${described(node)}`, fix }
}
