import { readFileSync } from 'node:fs'

/** A field of a message by what it is called in JSON. */
export type Field = {
  /** '' : the fields of its message stand among those of the one that it is in. */
  readonly name: string
  /** Left out where it is zero, as in JSON. */
  readonly dropsZero: boolean
  readonly code: Code
}

/**
 * What a field is: s text, b flag, i integer, y bytes, t and u times in seconds and microseconds, q quantity, o number or text, x JSON, e a message around a list
 * of texts, `#NAME` a message, `[` a list of what follows, `{` a map to it.
 */
export type Code = string

type Data = { readonly kinds: Readonly<Record<string, string>>; readonly messages: Readonly<Record<string, string>> }

let data: Data | undefined
const read = new Map<string, ReadonlyMap<number, Field>>()

/** The message of a kind; undefined for one that no client sends so. */
export function messageOf(apiVersion: string, kind: string): string | undefined {
  return loaded().kinds[`${apiVersion}/${kind}`]
}

/** Its fields by their numbers. */
export function fieldsByNumber(message: string): ReadonlyMap<number, Field> {
  const known = read.get(message)
  if (known !== undefined) return known
  const line = loaded().messages[message]
  if (line === undefined) throw new Error(`no message ${message}`)
  const fields = new Map(line === '' ? [] : line.split(', ').map(fieldIn))
  read.set(message, fields)
  return fields
}

function fieldIn(part: string): [number, Field] {
  const [name = '', number = '', marked = ''] = part.split(' ')
  const code = marked.replace(/^[?*]/, '')
  return [Number(number), { name: name === '-' ? '' : name, dropsZero: marked.startsWith('?'), code }]
}

function loaded(): Data {
  // Beside this file, in dist as well (scripts/build.ts). Written by scripts/protobuf.
  data ??= JSON.parse(readFileSync(new URL('./messages.json', import.meta.url), 'utf8')) as Data
  return data
}
