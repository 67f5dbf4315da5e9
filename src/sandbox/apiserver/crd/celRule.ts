import type { ASTNode } from '@marcbachmann/cel-js'
import type { Json } from '../../unstructured.ts'
import type { CelRule, Schema } from '../schema/schema.ts'
import { chargeLoops, withinBudget } from './celBudget.ts'
import { celEnvironment } from './celEnvironment.ts'
import { celName, celValue } from './celValue.ts'

export type CompiledRule = {
  readonly rule: CelRule
  /** Rules on a change hold only where there was a value before. */
  readonly usesOldSelf: boolean
  /** Whether the rule holds; throws an Error where it cannot be told. */
  holds(self: Json, old: Json | undefined): boolean
  /** What `messageExpression` says; undefined without one, or where it says nothing of use. */
  message(self: Json, old: Json | undefined): string | undefined
}

/** Why a rule cannot be kept to, in the real server's words as far as we check what it does. */
export type RuleMistake = { readonly of: 'rule' | 'messageExpression'; readonly detail: string }

/** The rule, ready to be asked, for values of this schema. */
export function compileRule(rule: CelRule, schema: Schema): CompiledRule | RuleMistake {
  const program = compileExpression(rule.rule, schema)
  if ('detail' in program) return { of: 'rule', detail: program.detail }
  if (program.type !== 'bool' && program.type !== 'dyn') return { of: 'rule', detail: 'cel expression must evaluate to a bool' }
  const message =
    rule.messageExpression === undefined || rule.messageExpression === '' ? undefined : compileExpression(rule.messageExpression, schema)
  if (message !== undefined && 'detail' in message)
    return { of: 'messageExpression', detail: message.detail.replace(/^compilation failed/, 'messageExpression compilation failed') }
  if (message !== undefined && message.type !== 'string' && message.type !== 'dyn')
    return { of: 'messageExpression', detail: 'messageExpression must evaluate to a string' }
  const context = (self: Json, old: Json | undefined): Record<string, unknown> => ({
    self: celValue(self, schema),
    oldSelf: rule.optionalOldSelf
      ? optional(old === undefined ? undefined : celValue(old, schema))
      : old === undefined
        ? null
        : celValue(old, schema),
  })
  return {
    rule,
    usesOldSelf: program.usesOldSelf,
    holds: (self, old) => program.run(context(self, old)) === true,
    message(self, old) {
      if (message === undefined) return undefined
      try {
        const said = message.run(context(self, old))
        return typeof said === 'string' && said.trim() !== '' && !said.includes('\n') ? said.trim() : undefined
      } catch (cause) {
        // A message that cannot be made must not hide what is wrong.
        if (cause instanceof Error) return undefined
        throw cause
      }
    },
  }
}

function optional(value: unknown): unknown {
  const environment = celEnvironment()
  return value === undefined ? environment.evaluate('optional.none()') : environment.evaluate('optional.of(value)', { value })
}

type Program = { readonly type: string; readonly usesOldSelf: boolean; run(context: Record<string, unknown>): unknown }

/** As long as cel-go reads. */
const maxSourceLength = 100_000

function compileExpression(source: string, schema: Schema): Program | { readonly detail: string } {
  try {
    if (source.length > maxSourceLength)
      return { detail: `compilation failed: expression code point size exceeds limit: size: ${source.length}, limit ${maxSourceLength}` }
    const program = celEnvironment().parse(withGoMatches(source))
    const unknown = unknownField(program.ast, schema)
    if (unknown !== undefined) return { detail: `compilation failed: ${located(source, unknown.at, `undefined field '${unknown.name}'`)}` }
    const { valid, type, error } = program.check()
    if (!valid) return { detail: `compilation failed: ${located(source, error?.range?.start ?? 0, firstLine(error))}` }
    const nodes = nodesOf(program.ast)
    chargeLoops(nodes)
    return {
      type: String(type),
      usesOldSelf: nodes.some(({ op, args }) => op === 'id' && args === 'oldSelf'),
      run: (context) => withinBudget(() => program(context)),
    }
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    return { detail: `compilation failed: ${located(source, 0, firstLine(cause))}` }
  }
}

function firstLine(error: Error | undefined): string {
  return error?.message.split('\n')[0] ?? ''
}

/** As cel-go shows where a mistake is. */
function located(source: string, at: number, mistake: string): string {
  const lines = source.slice(0, at).split('\n')
  const column = lines.at(-1)?.length ?? 0
  return `ERROR: <input>:${lines.length}:${column + 1}: ${mistake}\n | ${source.split('\n')[lines.length - 1] ?? ''}\n | ${'.'.repeat(column)}^`
}

/** The library matches by JavaScript's regular expressions; Kubernetes' are RE2's, which do not take for ever. */
function withGoMatches(source: string): string {
  const places = nodesOf(celEnvironment().parse(source).ast)
    .filter(({ op, args }) => op === 'rcall' && Array.isArray(args) && args[0] === 'matches')
    .map((node) => source.indexOf('matches', (node.args as unknown as readonly [string, ASTNode])[1].end))
  return places.toSorted((a, b) => b - a).reduce((text, at) => `${text.slice(0, at)}goMatches${text.slice(at + 'matches'.length)}`, source)
}

function nodesOf(ast: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = []
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) walk(each)
    else if (typeof value === 'object' && value !== null && 'op' in value) {
      found.push(value as ASTNode)
      walk((value as ASTNode).args)
    }
  }
  walk(ast)
  return found
}

function unknownField(ast: ASTNode, schema: Schema): { readonly name: string; readonly at: number } | undefined {
  for (const node of nodesOf(ast)) {
    if (node.op !== '.') continue
    const [receiver, name] = node.args as unknown as readonly [ASTNode, string]
    const within = schemaAt(receiver, schema)
    if (within?.properties !== undefined && !within.preserveUnknownFields && fieldNamed(within, name) === undefined) return { name, at: node.pos - 1 }
  }
  return undefined
}

/** Of a chain of fields and indexes that begins at `self`; undefined for all else, which is not checked beforehand. */
function schemaAt(node: ASTNode, schema: Schema): Schema | undefined {
  if (node.op === 'id') return node.args === 'self' || node.args === 'oldSelf' ? schema : undefined
  if (node.op === '[]') return schemaAt(node.args[0], schema)?.items
  if (node.op !== '.') return undefined
  const within = schemaAt(node.args[0], schema)
  return within === undefined ? undefined : fieldNamed(within, node.args[1])
}

function fieldNamed({ properties = {}, additionalProperties }: Schema, name: string): Schema | undefined {
  for (const [field, schema] of Object.entries(properties)) if (celName(field) === name) return schema
  return additionalProperties === true ? undefined : additionalProperties
}
