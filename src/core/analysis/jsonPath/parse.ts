/** Kubernetes' flavour of JSONPath: text with `{…}` in it, as `kubectl -o jsonpath` takes it. */

export type Template = readonly TemplateNode[]
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'range'; readonly path: Path; readonly body: Template }

/** `isRoot`: from the whole (`$`), not from what a range is at. */
export type Path = { readonly isRoot: boolean; readonly steps: readonly Step[] }
export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'every' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'slice'; readonly start?: number; readonly end?: number; readonly step?: number }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'union'; readonly of: readonly Step[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly operator: Operator; readonly right?: Operand }

export type Operator = 'exists' | '==' | '!=' | '<' | '<=' | '>' | '>='
export type Operand = { readonly kind: 'path'; readonly path: Path } | { readonly kind: 'value'; readonly value: string | number | boolean | null }

export class JsonPathError extends Error {}

/** Throws a JsonPathError that says where. A text without braces is one path. */
export function parseTemplate(text: string): Template {
  const source = text.includes('{') ? text : `{${text}}`
  const reader: Reader = { text: source, at: 0 }
  const nodes = templateUntil(reader, false)
  return nodes
}

type Reader = { readonly text: string; at: number }

function templateUntil(reader: Reader, isRange: boolean): Template {
  const nodes: TemplateNode[] = []
  while (reader.at < reader.text.length) {
    const brace = reader.text.indexOf('{', reader.at)
    const end = brace < 0 ? reader.text.length : brace
    if (end > reader.at) nodes.push({ kind: 'text', text: reader.text.slice(reader.at, end) })
    reader.at = end
    if (brace < 0) break
    reader.at++
    skipSpace(reader)
    if (takeWord(reader, 'end')) {
      close(reader)
      if (!isRange) throw wrong(reader, 'an {end} without {range}')
      return nodes
    }
    nodes.push(...expression(reader))
  }
  if (isRange) throw wrong(reader, 'a {range} without {end}')
  return nodes
}

function expression(reader: Reader): readonly TemplateNode[] {
  if (takeWord(reader, 'range')) {
    const path = pathAt(reader)
    close(reader)
    return [{ kind: 'range', path, body: templateUntil(reader, true) }]
  }
  const nodes: TemplateNode[] = []
  for (;;) {
    skipSpace(reader)
    const next = reader.text[reader.at]
    if (next === '}' || next === undefined) break
    if (next === '"' || next === "'") nodes.push({ kind: 'text', text: quoted(reader) })
    else nodes.push({ kind: 'path', path: pathAt(reader) })
  }
  close(reader)
  return nodes
}

function pathAt(reader: Reader): Path {
  skipSpace(reader)
  const begun = reader.at
  const isRoot = take(reader, '$')
  if (!isRoot) take(reader, '@')
  const steps: Step[] = []
  for (;;) {
    if (take(reader, '..')) {
      steps.push({ kind: 'descend' })
      if (reader.text[reader.at] !== '[') steps.push(nameStep(reader))
    } else if (take(reader, '.')) {
      if (reader.text[reader.at] !== '[' && !isEnd(reader.text[reader.at])) steps.push(nameStep(reader))
    } else if (take(reader, '[')) steps.push(bracket(reader))
    else if (steps.length === 0 && reader.at === begun && !isEnd(reader.text[reader.at])) steps.push(nameStep(reader))
    else break
  }
  if (reader.at === begun) throw wrong(reader, 'no path')
  return { isRoot, steps }
}

function nameStep(reader: Reader): Step {
  if (take(reader, '*')) return { kind: 'every' }
  let name = ''
  while (reader.at < reader.text.length && !isEnd(reader.text[reader.at])) {
    if (reader.text[reader.at] === '\\') reader.at++
    name += reader.text[reader.at++] ?? ''
  }
  if (name === '') throw wrong(reader, 'no name after the dot')
  return { kind: 'field', name }
}

function isEnd(character: string | undefined): boolean {
  return character === undefined || /[\s.[\]{}(),|:=!<>@$'"]/.test(character)
}

function bracket(reader: Reader): Step {
  skipSpace(reader)
  if (take(reader, '?')) return filter(reader)
  const steps = [member(reader)]
  while (take(reader, ',')) steps.push(member(reader))
  expect(reader, ']')
  return steps.length === 1 ? steps[0]! : { kind: 'union', of: steps }
}

function member(reader: Reader): Step {
  skipSpace(reader)
  const next = reader.text[reader.at]
  const step = take(reader, '*')
    ? ({ kind: 'every' } as const)
    : next === "'" || next === '"'
      ? ({ kind: 'field', name: quoted(reader) } as const)
      : places(reader)
  skipSpace(reader)
  return step
}

function places(reader: Reader): Step {
  const pattern = /(-?\d+)?(?:(:)(-?\d+)?(?::(-?\d+)?)?)?/y
  pattern.lastIndex = reader.at
  const [whole = '', start, colon, end, step] = pattern.exec(reader.text) ?? []
  if (whole === '') throw wrong(reader, 'neither a number, a name in quotes, * nor a filter')
  reader.at += whole.length
  if (colon === undefined) return { kind: 'index', index: Number(start) }
  if (step !== undefined && Number(step) <= 0) throw wrong(reader, 'a step must be above 0')
  return {
    kind: 'slice',
    ...(start !== undefined && { start: Number(start) }),
    ...(end !== undefined && { end: Number(end) }),
    ...(step !== undefined && { step: Number(step) }),
  }
}

function filter(reader: Reader): Step {
  expect(reader, '(')
  const left = operand(reader)
  skipSpace(reader)
  const operator = (['==', '!=', '<=', '>=', '<', '>'] as const).find((each) => take(reader, each))
  const right = operator === undefined ? undefined : operand(reader)
  skipSpace(reader)
  expect(reader, ')')
  skipSpace(reader)
  expect(reader, ']')
  return { kind: 'filter', left, operator: operator ?? 'exists', ...(right && { right }) }
}

function operand(reader: Reader): Operand {
  skipSpace(reader)
  const next = reader.text[reader.at]
  if (next === "'" || next === '"') return { kind: 'value', value: quoted(reader) }
  const pattern = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true\b|false\b|null\b/y
  pattern.lastIndex = reader.at
  const [literal] = pattern.exec(reader.text) ?? []
  if (literal === undefined) return { kind: 'path', path: pathAt(reader) }
  reader.at += literal.length
  return { kind: 'value', value: JSON.parse(literal) as number | boolean | null }
}

function quoted(reader: Reader): string {
  const mark = reader.text[reader.at++]
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }
  let text = ''
  while (reader.text[reader.at] !== mark) {
    if (reader.at >= reader.text.length) throw wrong(reader, `a ${mark} that is not closed`)
    if (reader.text[reader.at] === '\\') {
      const next = reader.text[++reader.at] ?? ''
      text += escapes[next] ?? next
    } else text += reader.text[reader.at]
    reader.at++
  }
  reader.at++
  return text
}

function take(reader: Reader, wanted: string): boolean {
  if (!reader.text.startsWith(wanted, reader.at)) return false
  reader.at += wanted.length
  return true
}

function takeWord(reader: Reader, word: string): boolean {
  const after = reader.text[reader.at + word.length]
  return (after === undefined || /[\s}]/.test(after)) && take(reader, word)
}

function expect(reader: Reader, wanted: string): void {
  if (!take(reader, wanted)) throw wrong(reader, `no ${wanted}`)
}

function close(reader: Reader): void {
  skipSpace(reader)
  expect(reader, '}')
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at++
}

function wrong({ text, at }: Reader, what: string): JsonPathError {
  return new JsonPathError(`${what} at character ${at + 1} of ${JSON.stringify(text)}`)
}
