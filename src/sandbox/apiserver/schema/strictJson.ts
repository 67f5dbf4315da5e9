import type { Json } from '../../unstructured.ts'

/** What a client sent, with what a plain value would lose: fields that came twice, and how numbers were written. */
export type Parsed = null | boolean | number | string | readonly Parsed[] | { readonly [key: string]: Parsed } | RepeatedFields | WrittenNumber

/** An object in which a field came more than once; the last one counts. */
export class RepeatedFields {
  readonly entries: readonly (readonly [string, Parsed])[]
  constructor(entries: readonly (readonly [string, Parsed])[]) {
    this.entries = entries
  }
}

/** A number that is written otherwise than its value would be: `1.0`, `1e3`, or more digits than a double holds. */
export class WrittenNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export function isParsedObject(value: Parsed): value is { readonly [key: string]: Parsed } | RepeatedFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber)
}

export function fieldsOf(value: { readonly [key: string]: Parsed } | RepeatedFields): readonly (readonly [string, Parsed])[] {
  return value instanceof RepeatedFields ? value.entries : Object.entries(value)
}

/** The value as any JSON parser gives it. */
export function plain(value: Parsed): Json {
  if (value instanceof WrittenNumber) return Number(value.text)
  if (Array.isArray(value)) return value.map(plain)
  if (!isParsedObject(value)) return value as Json
  return record(fieldsOf(value).map(([key, field]) => [key, plain(field)]))
}

/** The paths of fields that came more than once, each once: `spec.parts[0].name`. */
export function repeatedFields(value: Parsed): readonly string[] {
  const found = new Set<string>()
  noteRepeated(value, '', found)
  return [...found]
}

function noteRepeated(value: Parsed, path: string, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) noteRepeated(element, `${path}[${index}]`, found)
    return
  }
  if (!isParsedObject(value)) return
  const seen = value instanceof RepeatedFields ? new Set<string>() : undefined
  for (const [key, field] of fieldsOf(value)) {
    const below = path === '' ? key : `${path}.${key}`
    if (seen?.has(key)) found.add(below)
    seen?.add(key)
    noteRepeated(field, below, found)
  }
}

/** `__proto__` is a field like any other. */
export function record<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.fromEntries(entries)
}

/** Throws a SyntaxError worded as Go's encoding/json does. */
export function parseStrictJson(text: string): Parsed {
  return new Reader(text).whole()
}

/** Deeper nesting is refused, as there at ten times as deep: whoever walks a value does so on the stack. */
export const maxDepth = 1_000
const space = /[ \t\r\n]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const simpleString = /"([^"\\\u0000-\u001f]*)"/y
const literals = { t: 'true', f: 'false', n: 'null' } as const

class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Parsed {
    const value = this.#value()
    this.#skipSpace()
    if (this.#at < this.#text.length) this.#refuse('after top-level value')
    return value
  }

  #value(): Parsed {
    this.#skipSpace()
    const first = this.#text[this.#at]
    if (first === '{') return this.#nested(() => this.#object())
    if (first === '[') return this.#nested(() => this.#list())
    if (first === '"') return this.#string()
    if (first === 't' || first === 'f' || first === 'n') return this.#literal(literals[first])
    if (first === '-' || (first !== undefined && first >= '0' && first <= '9')) return this.#number()
    return this.#refuse('looking for beginning of value')
  }

  #nested(read: () => Parsed): Parsed {
    if (++this.#depth > maxDepth) throw new SyntaxError(`invalid character '${this.#text[this.#at]}' exceeded max depth`)
    this.#at++
    const value = read()
    this.#depth--
    return value
  }

  #object(): Parsed {
    const entries: (readonly [string, Parsed])[] = []
    const keys = new Set<string>()
    this.#skipSpace()
    if (this.#took('}')) return {}
    for (;;) {
      this.#skipSpace()
      if (this.#text[this.#at] !== '"') this.#refuse('looking for beginning of object key string')
      const key = this.#string()
      this.#skipSpace()
      if (!this.#took(':')) this.#refuse('after object key')
      entries.push([key, this.#value()])
      keys.add(key)
      this.#skipSpace()
      if (this.#took('}')) break
      if (!this.#took(',')) this.#refuse('after object key:value pair')
    }
    return keys.size === entries.length ? record(entries) : new RepeatedFields(entries)
  }

  #list(): Parsed {
    const elements: Parsed[] = []
    this.#skipSpace()
    if (this.#took(']')) return elements
    for (;;) {
      elements.push(this.#value())
      this.#skipSpace()
      if (this.#took(']')) return elements
      if (!this.#took(',')) this.#refuse('after array element')
    }
  }

  #string(): string {
    simpleString.lastIndex = this.#at
    const simple = simpleString.exec(this.#text)
    if (simple !== null) {
      this.#at = simpleString.lastIndex
      return simple[1]!
    }
    const start = this.#at++
    for (;;) {
      const char = this.#text[this.#at]
      if (char === '"') break
      if (char === undefined || char < ' ') this.#refuse('in string literal')
      this.#at++
      if (char === '\\') this.#escape()
    }
    this.#at++
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #escape(): void {
    const char = this.#text[this.#at]
    if (char === undefined || !'"\\/bfnrtu'.includes(char)) this.#refuse('in string escape code')
    this.#at++
    if (char !== 'u') return
    for (let digit = 0; digit < 4; digit++, this.#at++)
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#refuse('in \\u hexadecimal character escape')
  }

  #literal<T extends 'true' | 'false' | 'null'>(word: T): boolean | null {
    for (const [index, char] of [...word].entries()) {
      if (this.#text[this.#at] !== char) this.#refuse(`in literal ${word} (expecting '${word[index]}')`)
      this.#at++
    }
    return word === 'null' ? null : word === 'true'
  }

  #number(): Parsed {
    number.lastIndex = this.#at
    const text = number.exec(this.#text)?.[0]
    if (text === undefined) {
      this.#at++
      return this.#refuse('in numeric literal')
    }
    this.#at += text.length
    const next = this.#text[this.#at]
    const isIncomplete = (next === '.' && !/[.eE]/.test(text)) || ((next === 'e' || next === 'E') && !/[eE]/.test(text))
    if (isIncomplete) {
      this.#at++
      if (next !== '.' && /[+-]/.test(this.#text[this.#at] ?? '')) this.#at++
      this.#refuse(next === '.' ? 'after decimal point in numeric literal' : 'in exponent of numeric literal')
    }
    return String(Number(text)) === text ? Number(text) : new WrittenNumber(text)
  }

  #took(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #skipSpace(): void {
    space.lastIndex = this.#at
    space.test(this.#text)
    this.#at = space.lastIndex
  }

  #refuse(where: string): never {
    const code = this.#text.codePointAt(this.#at)
    if (code === undefined) throw new SyntaxError('unexpected end of JSON input')
    // Go looks at bytes: of a letter beyond ASCII it shows the first.
    throw new SyntaxError(`invalid character ${quoted(String.fromCharCode(Buffer.from(String.fromCodePoint(code))[0]!))} ${where}`)
  }
}

function quoted(char: string): string {
  if (char === "'") return "'\\''"
  if (char === '"') return `'"'`
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f', '\\': '\\\\' }
  const code = char.codePointAt(0)!
  const text = escapes[char] ?? (code < 32 || code === 127 ? `\\x${code.toString(16).padStart(2, '0')}` : char)
  return `'${text}'`
}
