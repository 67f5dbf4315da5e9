import type { Unstructured } from '../../unstructured.ts'
import { badRequest } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'

export type FieldTest = {
  readonly matches: (object: Unstructured) => boolean
  /** The one name or namespace that can match, if the selection says so. */
  readonly name: string | undefined
  readonly namespace: string | undefined
}

type Requirement = { readonly field: string; readonly equal: boolean; readonly value: string }

/** Understands `metadata.name=a,status.phase!=b`; throws 400 for a field by which the kind cannot be selected. */
export function parseFieldSelector(text: string, kind: Kind): FieldTest {
  const requirements = parse(text)
  const readers = requirements.map(({ field, equal, value }) => ({ read: readerOf(field, kind), equal, value }))
  const only = (field: string): string | undefined => requirements.find((each) => each.field === field && each.equal)?.value
  return {
    matches: (object) => readers.every(({ read, equal, value }) => (read(object) === value) === equal),
    name: only('metadata.name'),
    namespace: only('metadata.namespace'),
  }
}

function readerOf(field: string, kind: Kind): (object: Unstructured) => string {
  if (field === 'metadata.name') return ({ metadata }) => metadata.name
  if (field === 'metadata.namespace' && kind.namespaced) return ({ metadata }) => metadata.namespace ?? ''
  const own = Object.hasOwn(kind.selectableFields, field) ? kind.selectableFields[field] : undefined
  if (own !== undefined) return own
  if (kind.prunes || Object.keys(kind.selectableFields).length > 0) throw badRequest(`field label not supported: ${field}`)
  throw badRequest(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

function parse(text: string): readonly Requirement[] {
  const found: Requirement[] = []
  for (const term of terms(text)) {
    if (term === '') continue
    const [, field, operator, value] = /^((?:[^=!\\]|!(?!=)|\\.)*?)(!=|==|=)(.*)$/s.exec(term) ?? []
    if (field === undefined || operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
    found.push({ field: field.trim(), equal: operator !== '!=', value: unescaped(value ?? '') })
  }
  return found
}

/** Split at commas, but not at those after a backslash. */
function terms(text: string): readonly string[] {
  return text.match(/(?:[^,\\]|\\.)+/gs) ?? []
}

function unescaped(value: string): string {
  if (/(?:^|[^\\])(?:\\\\)*=/.test(value)) throw badRequest(`invalid field selector: unescaped character in value: ${'='.charCodeAt(0)}`)
  return value.replace(/\\([\\,=])/g, '$1')
}
