import { badRequest } from '../apiError.ts'
import { labelValue, qualifiedName } from '../kinds/names.ts'

type Labels = Readonly<Record<string, string>>

/** A list's selection by labels, parsed: whether an object with these labels is in it. */
export type LabelTest = (labels: Labels | undefined) => boolean

type Requirement = { readonly key: string; readonly operator: string; readonly values: readonly string[] }
type Token = { readonly kind: 'word' | 'sign' | 'end'; readonly text: string }

const signs = ['==', '!=', '!', '=', ',', '(', ')', '<', '>']
const none: Labels = Object.freeze({})

/** Understands `a=b,c!=d,e in (f,g),!h,i,j>1`; throws 400 in the real server's words. */
export function parseLabelSelector(text: string): LabelTest {
  const requirements = parse(text).map(testOf)
  return (labels = none) => requirements.every((test) => test(labels))
}

function testOf({ key, operator, values }: Requirement): (labels: Labels) => boolean {
  const has = (labels: Labels): boolean => Object.hasOwn(labels, key)
  const wanted = new Set(values)
  switch (operator) {
    case '!':
      return (labels) => !has(labels)
    case 'exists':
      return has
    case '=':
    case '==':
    case 'in':
      return (labels) => has(labels) && wanted.has(labels[key]!)
    case '!=':
    case 'notin':
      return (labels) => !has(labels) || !wanted.has(labels[key]!)
    default: {
      const bound = BigInt(values[0]!)
      return (labels) => has(labels) && isInteger(labels[key]!) && (operator === 'gt' ? BigInt(labels[key]!) > bound : BigInt(labels[key]!) < bound)
    }
  }
}

function parse(text: string): readonly Requirement[] {
  const tokens = scan(text)
  let at = 0
  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '' }
  const next = (): Token => tokens[at++] ?? { kind: 'end', text: '' }
  const fail = (found: Token, expected: string): never => {
    throw badRequest(`unable to parse requirement: found '${found.text}', expected: ${expected}`)
  }
  const failBetween = (found: Token, expected: string): never => {
    throw badRequest(`found '${found.text}', expected: ${expected}`)
  }
  const requirement = (): Requirement => {
    const negated = peek().text === '!' && peek().kind === 'sign'
    if (negated) next()
    const word = next()
    if (word.kind !== 'word') fail(word, 'identifier')
    const key = word.text
    mustBe(qualifiedName(key), '<nil>', key)
    if (negated) return { key, operator: '!', values: [] }
    const after = peek()
    if (after.kind === 'end' || after.text === ',') return { key, operator: 'exists', values: [] }
    next()
    const operator = { '<': 'lt', '>': 'gt' }[after.text] ?? after.text
    if (!['in', 'notin', '=', '==', '!=', 'gt', 'lt'].includes(operator)) fail(after, 'in, notin, =, ==, !=, gt, lt')
    const values = operator === 'in' || operator === 'notin' ? list() : [exact()]
    for (const [at, value] of values.entries()) mustBe(labelValue(value), `values[${at}][${key}]`, value)
    if ((operator === 'gt' || operator === 'lt') && !isInteger(values[0]!)) {
      throw badRequest(
        `unable to parse requirement: values[0]: Invalid value: "${values[0]}": for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    }
    return { key, operator, values }
  }
  const exact = (): string => {
    const found = peek()
    if (found.kind === 'end' || found.text === ',') return ''
    if (found.kind !== 'word') fail(found, 'identifier')
    return next().text
  }
  const list = (): readonly string[] => {
    if (peek().text !== '(') throw badRequest(`unable to parse requirement: found '${peek().text}' expected: '('`)
    next()
    const values = [exactIn()]
    while (peek().text === ',') {
      next()
      values.push(exactIn())
    }
    if (peek().text !== ')') fail(next(), "',' or ')'")
    next()
    return [...values].sort()
  }
  const exactIn = (): string => {
    const found = peek()
    if (found.text === ')' || found.text === ',') return ''
    if (found.kind !== 'word') fail(found, "',', ')' or identifier")
    return next().text
  }

  const found: Requirement[] = []
  while (peek().kind !== 'end') {
    if (peek().kind === 'sign' && peek().text !== '!') failBetween(peek(), "!, identifier, or 'end of string'")
    found.push(requirement())
    if (peek().kind === 'end') break
    if (peek().text !== ',') failBetween(peek(), "',' or 'end of string'")
    next()
    if (peek().kind !== 'word' && peek().text !== '!') failBetween(peek(), "identifier after ','")
  }
  return found
}

function scan(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++
      continue
    }
    const sign = signs.find((each) => text.startsWith(each, at))
    const word = sign ?? /^[^\s!=,()<>]+/.exec(text.slice(at))![0]
    tokens.push({ kind: sign === undefined ? 'word' : 'sign', text: word })
    at += word.length
  }
  return tokens
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text)
}

function mustBe(wrong: readonly string[], what: string, value: string): void {
  if (wrong.length > 0) throw badRequest(`unable to parse requirement: ${what}: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`)
}
