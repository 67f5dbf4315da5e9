import { createHash } from 'node:crypto'

/** Which program stands for an image: `shop:*` is `node shop.js`. `*` stands for any characters. */
export type ImageProgram = {
  readonly pattern: string
  readonly argv: readonly string[]
  /** What it is given besides; `$(IMAGE_TAG)` is replaced. */
  readonly variables?: Readonly<Record<string, string>>
}

/** Reads `shop:*=node shop.js`; quotes keep spaces together. Undefined if that is not what it says. */
export function parseImageProgram(text: string): ImageProgram | undefined {
  const at = text.indexOf('=')
  const pattern = text.slice(0, at).trim()
  const argv = wordsOf(text.slice(at + 1))
  return at < 1 || pattern === '' || argv === undefined || argv.length === 0 ? undefined : { pattern, argv }
}

/** As a shell would take it apart, without variables; undefined if a quote is left open. */
function wordsOf(text: string): readonly string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (char === quote) quote = undefined
    else if (quote === undefined && (char === '"' || char === "'")) {
      quote = char
      word ??= ''
    } else if (char === '\\' && quote !== "'" && at + 1 < text.length) word = (word ?? '') + text[++at]
    else if (quote === undefined && /\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  if (word !== undefined) words.push(word)
  return quote === undefined ? words : undefined
}

export type Image = ImageProgram & { readonly id: string }

/** The program of the pattern that says most about the name; of equals, the last in the table. */
export function findImage(programs: readonly ImageProgram[], image: string): Image | undefined {
  const name = withTag(image)
  let found: ImageProgram | undefined
  for (const program of programs) {
    const isBetter = found === undefined || literalLength(program) >= literalLength(found)
    if (isBetter && matches(withTag(program.pattern), name)) found = program
  }
  return found && { ...found, id: `sha256:${createHash('sha256').update(JSON.stringify(found)).digest('hex')}` }
}

/** What the user reads who asks for an image that is not there. */
export function missingImage(image: string): string {
  const pattern = /[:@]/.test(image.slice(image.lastIndexOf('/') + 1)) ? image.replace(/:[^:/@]*$/, ':*') : image
  return `no program stands for image "${image}" in this sandbox; name one when you start it: --image '${pattern}=node ${shortName(image)}.js'`
}

const shortName = (image: string): string => image.slice(image.lastIndexOf('/') + 1).replace(/[:@].*$/, '')

/** `v1` of `shop:v1`. */
export const tagOf = (image: string): string => withTag(image).replace(/^.*[:@]/, '')

/** A name without a tag means its latest one. */
function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return /[:@*]/.test(last) ? image : `${image}:latest`
}

const literalLength = ({ pattern }: ImageProgram): number => pattern.replaceAll('*', '').length

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  if (parts.length === 1) return pattern === name
  const first = parts[0]!
  const last = parts.at(-1)!
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false
  const end = name.length - last.length
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
