import type { JsonObject, Unstructured } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { schemaOf } from '../schema/builtin.ts'
import type { Schema } from '../schema/schema.ts'
import { age, createdAt, name } from './cells.ts'
import type { Draft } from './fields.ts'
import type { Column, Kind, Strategy, Verb, WriteContext } from './kind.ts'
import { type Looks, metadataErrors } from './metadata.ts'
import { dnsSubdomain, type TextRule } from './names.ts'
import { wireForm } from './wireForm.ts'

/** What distinguishes a built-in kind; all that is absent is as most kinds have it. */
export type KindFacts = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  /** True if absent. */
  readonly namespaced?: boolean
  readonly verbs?: readonly Verb[]
  readonly subresources?: Kind['subresources']
  /** The Go type in `wireShapes`; the kind if absent. */
  readonly shape?: string
  /** DNS subdomains if absent. */
  readonly names?: TextRule
  /** After the name, before the age; undefined: the name and when it was created. */
  readonly columns?: readonly Column[]
  /** Columns that follow the age. */
  readonly columnsAfterAge?: readonly Column[]
  readonly storedAs?: string
  readonly conversion?: Kind['conversion']
  readonly selectableFields?: Kind['selectableFields']
  readonly keepsGeneration?: boolean
  /** Who creates it may tell its status, too. */
  readonly createdWithStatus?: boolean
  readonly looks?: Looks
  readonly bareFinalizers?: true
  /** Written into a tree of its own, which has the form of the wire already. */
  defaults?(object: Draft): void
  /** Beyond the loss of the status. May throw ApiError for what admission refuses. */
  onCreate?(object: Draft, context: WriteContext): void
  /** Beyond the status, which stays. */
  onUpdate?(object: Draft, old: Unstructured, context: WriteContext): void
  /** Beyond the spec, which stays. */
  onStatusUpdate?(object: Draft, old: Unstructured): void
  /** What is better avoided, of what is accepted. */
  warnings?(object: Unstructured, old: Unstructured | undefined): Iterable<string>
  /** Beyond metadata. */
  errors?(object: Unstructured, old: Unstructured | undefined): Iterable<FieldError>
  readonly more?: Pick<
    Strategy,
    'graceSeconds' | 'defaultPropagation' | 'allowsCreateOnUpdate' | 'countsAnnotations' | 'requiresVersion' | 'returnsDeleted'
  >
}

export const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

export function defineKind(facts: KindFacts): Kind {
  const { group, version, kind, plural, subresources = {}, columns, columnsAfterAge = [] } = facts
  let empty: JsonObject | undefined
  return {
    group,
    version,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    namespaced: facts.namespaced ?? true,
    verbs: facts.verbs ?? allVerbs,
    get schema(): Schema {
      return schemaOf(group, version, kind)
    },
    get empty(): JsonObject {
      empty ??= wireForm(facts.shape ?? kind, {}) as JsonObject
      return empty
    },
    subresources,
    strategy: strategyOf(facts),
    columns: columns === undefined ? [name, createdAt] : [name, ...columns, age, ...columnsAfterAge],
    storedAs: facts.storedAs ?? (group === '' ? plural : `${plural}.${group}`),
    ...(facts.conversion !== undefined && { conversion: facts.conversion }),
    selectableFields: facts.selectableFields ?? {},
    prunes: false,
  }
}

function strategyOf(facts: KindFacts): Strategy {
  const { shape = facts.kind, names: rule = dnsSubdomain, namespaced = true, subresources = {}, keepsGeneration = false } = facts
  const hasStatus = subresources.status === true
  // A tree of the wire's form is an object of its kind: the form has kind, apiVersion and metadata.
  const complete = (object: Draft): Draft => {
    const made = wireForm(shape, object)
    facts.defaults?.(made)
    return made
  }
  return {
    ...facts.more,
    keepsGeneration,
    defaults: (object) => complete(object) as Unstructured,
    prepareForCreate(object, context) {
      const made = complete(hasStatus && facts.createdWithStatus !== true ? { ...object, status: undefined } : object)
      if (facts.onCreate === undefined) return made as Unstructured
      facts.onCreate(made, context)
      return complete(made) as Unstructured
    },
    prepareForUpdate(object, old, context) {
      const made = complete(hasStatus ? { ...object, status: old.status } : object)
      if (facts.onUpdate === undefined) return made as Unstructured
      facts.onUpdate(made, old, context)
      return complete(made) as Unstructured
    },
    prepareForStatusUpdate(object, old) {
      const made = complete({ ...object, spec: old.spec })
      facts.onStatusUpdate?.(made, old)
      return made as Unstructured
    },
    ...(facts.warnings !== undefined && { warnings: (object: Unstructured, old?: Unstructured) => [...facts.warnings!(object, old)] }),
    validate: (object, old) => [
      ...metadataErrors(object, old, { rule, namespaced, looks: facts.looks, bareFinalizers: facts.bareFinalizers }),
      ...(facts.errors?.(object, old) ?? []),
    ],
  }
}
