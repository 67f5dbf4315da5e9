import { isList, isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'

/** Finds values in an object; what is not there is not found. */
export type JsonPath = (object: Json) => readonly Json[]

type Step = (values: readonly Json[]) => readonly Json[]

/**
 * The paths that printer columns use: `.spec.replicas`, `.a['b.c']`, `.items[0]`, `.items[-1]`, `.items[*].name`, `..name`, and
 * `.conditions[?(@.type=="Ready")].status`. Undefined for anything else.
 */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = []
  let rest = text.trim()
  while (rest !== '') {
    const parsed = nextStep(rest)
    if (parsed === undefined) return undefined
    steps.push(parsed.step)
    rest = parsed.rest
  }
  return (object) => steps.reduce<readonly Json[]>((values, step) => step(values), [object])
}

function nextStep(text: string): { readonly step: Step; readonly rest: string } | undefined {
  const [all, deep, name] = /^(\.\.?)((?:[^.[\]\\]|\\.)+)/.exec(text) ?? []
  if (all !== undefined && name !== undefined) {
    const field = name.replace(/\\(.)/g, '$1')
    return { step: deep === '..' ? deepField(field) : name === '*' ? everything : fieldStep(field), rest: text.slice(all.length) }
  }
  const bracket = bracketAt(text)
  if (bracket === undefined) return undefined
  const step = bracketStep(bracket.inner)
  return step === undefined ? undefined : { step, rest: bracket.rest }
}

/** What is in the brackets at the start of a text; brackets in quotes do not count. */
function bracketAt(text: string): { readonly inner: string; readonly rest: string } | undefined {
  const [all, inner] = /^\.?\[((?:[^\]'"]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\]/.exec(text) ?? []
  return all === undefined || inner === undefined ? undefined : { inner: inner.trim(), rest: text.slice(all.length) }
}

function bracketStep(inner: string): Step | undefined {
  if (inner === '*') return everything
  if (/^-?\d+$/.test(inner))
    return (values) => values.flatMap((value) => (isList(value) ? [value.at(Number(inner))].filter((each) => each !== undefined) : []))
  const [, slice] = /^(-?\d*:-?\d*)$/.exec(inner) ?? []
  if (slice !== undefined) {
    const [from = '', to = ''] = slice.split(':')
    return (values) => values.flatMap((value) => (isList(value) ? value.slice(Number(from || 0), to === '' ? undefined : Number(to)) : []))
  }
  const quoted = literal(inner)
  if (typeof quoted === 'string') return fieldStep(quoted)
  const [, path, operator = '', wanted = ''] = /^\?\(\s*@((?:\.[\w-]+)*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)$/.exec(inner) ?? []
  return path === undefined ? undefined : filterStep(path, operator, wanted)
}

function filterStep(path: string, operator: string, wanted: string): Step | undefined {
  const read = parseJsonPath(path)
  const value = operator === '' ? null : literal(wanted)
  if (read === undefined || value === undefined) return undefined
  const fits = (element: Json): boolean => {
    const found = read(element)[0]
    return operator === '' ? found !== undefined : found !== undefined && compares(found, operator, value)
  }
  return (values) => values.flatMap((each) => (isList(each) ? each.filter(fits) : isObject(each) ? Object.values(each).filter(fits) : []))
}

function compares(found: Json, operator: string, value: Json): boolean {
  if (operator === '==') return found === value
  if (operator === '!=') return found !== value
  if (typeof found !== typeof value || (typeof found !== 'number' && typeof found !== 'string')) return false
  const order = found < (value as typeof found) ? -1 : found === value ? 0 : 1
  return operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0
}

function literal(text: string): Json | undefined {
  const [, single, double] = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")$/.exec(text) ?? []
  const quoted = single ?? double
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1')
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

function fieldStep(name: string): Step {
  return (values) => values.flatMap((value) => (isObject(value) && Object.hasOwn(value, name) ? [value[name] ?? null] : []))
}

function everything(values: readonly Json[]): readonly Json[] {
  return values.flatMap((value) => (isList(value) ? value : isObject(value) ? Object.values(value) : []))
}

function deepField(name: string): Step {
  const find = (value: Json): readonly Json[] => {
    const inner = isList(value) ? value : isObject(value) ? Object.values(value) : []
    const own = isObject(value) && Object.hasOwn(value, name) ? [value[name] ?? null] : []
    return [...own, ...inner.flatMap(find)]
  }
  return (values) => values.flatMap(find)
}
