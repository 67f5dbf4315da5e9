import type { Operand, Path, Step, Template } from './parse.ts'

/** What the template says of `value`. Several values stand with spaces between them; what is not there is nothing. */
export function renderTemplate(template: Template, value: unknown): string {
  return rendered(template, { root: value, here: value })
}

type Scope = { readonly root: unknown; readonly here: unknown }

function rendered(template: Template, scope: Scope): string {
  let text = ''
  for (const node of template) {
    if (node.kind === 'text') text += node.text
    else if (node.kind === 'path') text += found(node.path, scope).map(textOf).join(' ')
    else for (const here of found(node.path, scope)) text += rendered(node.body, { root: scope.root, here })
  }
  return text
}

/** All values that a path leads to, in order. */
export function valuesAt(path: Path, value: unknown): readonly unknown[] {
  return found(path, { root: value, here: value })
}

function found({ isRoot, steps }: Path, { root, here }: Scope): readonly unknown[] {
  let values: readonly unknown[] = [isRoot ? root : here]
  for (const step of steps) values = values.flatMap((value) => taken(step, value, root))
  return values
}

function taken(step: Step, value: unknown, root: unknown): readonly unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'every':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
    case 'descend':
      return descendants(value)
    case 'index':
      return Array.isArray(value) ? at(value, step.index) : []
    case 'slice':
      return Array.isArray(value) ? value.slice(step.start, step.end).filter((_, index) => index % (step.step ?? 1) === 0) : []
    case 'union':
      return step.of.flatMap((each) => taken(each, value, root))
    case 'filter':
      return (Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []).filter((here) => holds(step, here, root))
  }
}

function at(values: readonly unknown[], index: number): readonly unknown[] {
  const place = index < 0 ? values.length + index : index
  return place >= 0 && place < values.length ? [values[place]] : []
}

function descendants(value: unknown): readonly unknown[] {
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : []
  return [value, ...inner.flatMap(descendants)]
}

function holds({ left, operator, right }: Extract<Step, { kind: 'filter' }>, here: unknown, root: unknown): boolean {
  const [a] = operandValues(left, here, root)
  if (operator === 'exists') return operandValues(left, here, root).length > 0
  const [b] = right === undefined ? [] : operandValues(right, here, root)
  if (a === undefined || b === undefined) return false
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  const order = compared(a, b)
  if (order === undefined) return false
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** Undefined: they have no order. */
function compared(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0
  return undefined
}

function operandValues(operand: Operand, here: unknown, root: unknown): readonly unknown[] {
  return operand.kind === 'value' ? [operand.value] : found(operand.path, { root, here })
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
