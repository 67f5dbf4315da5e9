import type { KubeObject } from '../../api/meta.ts'
import { renderTemplate } from '../../core/analysis/jsonPath/evaluate.ts'
import { JsonPathError, parseTemplate, type Template } from '../../core/analysis/jsonPath/parse.ts'
import { Misuse } from '../misuse.ts'

export type Format =
  /** As people read it. */
  | { readonly kind: 'view'; readonly isWide: boolean }
  | { readonly kind: 'json' | 'yaml' | 'name' }
  | { readonly kind: 'jsonpath'; readonly template: Template }

/** Of `-o`; throws a Misuse for what is none. */
export function formatOf(flag: unknown): Format {
  if (flag === undefined || flag === '') return { kind: 'view', isWide: false }
  const text = String(flag)
  if (text === 'wide') return { kind: 'view', isWide: true }
  if (text === 'json' || text === 'yaml' || text === 'name') return { kind: text }
  const [, template] = /^jsonpath=(.+)$/s.exec(text) ?? []
  if (template === undefined) throw new Misuse(`-o ${JSON.stringify(text)}: give json, yaml, name, wide or jsonpath='{.path}'`)
  try {
    return { kind: 'jsonpath', template: parseTemplate(template) }
  } catch (error) {
    if (error instanceof JsonPathError) throw new Misuse(`-o jsonpath: ${error.message}`)
    throw error
  }
}

/** Objects are given as they came: escaping is for terminals, and these are for programs. Ends with a newline, but for jsonpath. */
export async function formatted(value: KubeObject | readonly KubeObject[], format: Exclude<Format, { kind: 'view' }>): Promise<string> {
  const whole = Array.isArray(value) ? { apiVersion: 'v1', items: value, kind: 'List', metadata: { resourceVersion: '' } } : value
  const shown = (): unknown => ordered(Array.isArray(value) ? { ...whole, items: value.map(withoutManagers) } : withoutManagers(value as KubeObject))
  switch (format.kind) {
    case 'json':
      return `${JSON.stringify(shown(), null, 4)}\n`
    case 'yaml':
      return yamlOf(shown())
    case 'name':
      return (Array.isArray(value) ? value : [value]).map((object: KubeObject) => `${nameOf(object)}\n`).join('')
    case 'jsonpath':
      return renderTemplate(format.template, whole)
  }
}

/** Texts that readers of YAML 1.1 would take for something else are quoted. */
async function yamlOf(value: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(value, {
    schema: 'yaml-1.1',
    customTags: (tags) => [...tags, 'timestamp'],
    lineWidth: 0,
    indentSeq: false,
    aliasDuplicateObjects: false,
  })
}

/** Who wrote which field is seldom what somebody wants to read. */
function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'] & { readonly managedFields?: unknown }
  return { ...object, metadata }
}

/** Keys as kubectl orders them. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]))
}

/** `rollout.argoproj.io/shop` */
export function nameOf({ apiVersion = '', kind = '', metadata }: KubeObject): string {
  const slash = apiVersion.indexOf('/')
  return `${kind.toLowerCase()}${slash < 0 ? '' : `.${apiVersion.slice(0, slash)}`}/${metadata.name}`
}
