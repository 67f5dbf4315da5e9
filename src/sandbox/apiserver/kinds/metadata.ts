import type { Unstructured } from '../../unstructured.ts'
import type { FieldError } from '../apiError.ts'
import { forbidden, immutable, invalid, required, tooLong } from '../fieldErrors.ts'
import { type Fields, fields, isSet, items, number, text, textMap, texts } from './fields.ts'
import { dnsLabel, labelValue, qualifiedName, type TextRule } from './names.ts'

/** Which names a kind's objects may have. */
export type Naming = {
  readonly rule: TextRule
  readonly namespaced: boolean
  /** Twice and once if absent. */
  readonly looks?: Looks | undefined
  /** Finalizers need no domain: the real server warns at most. */
  readonly bareFinalizers?: true | undefined
}

/** How often the metadata of an object that is changed are looked at, as changed ones and as those of a new one: so often is each mistake a cause. */
export type Looks = { readonly asChanged: number; readonly asNew: number }

const annotationsLimitBytes = 256 * 1024
const deletionFinalizers = ['orphan', 'foregroundDeletion']
const standardFinalizers = ['kubernetes', ...deletionFinalizers]

/** Of an object that is created if `old` is absent, or that replaces `old`. */
export function metadataErrors(object: Unstructured, old: Unstructured | undefined, naming: Naming): readonly FieldError[] {
  const metadata = fields(object.metadata)
  const unknown = naming.bareFinalizers === true ? [] : [...unknownFinalizers(texts(metadata.finalizers))]
  if (old === undefined) return [...creationErrors(metadata, naming), ...unknown]
  const { looks = { asChanged: 2, asNew: 1 } } = naming
  const asChanged = [...updateErrors(metadata, fields(old.metadata))]
  const asNew = [...creationErrors(metadata, naming)]
  // The first look of either kind is the server's own, which knows no finalizers.
  const byKind = looks.asChanged + looks.asNew - 2
  return [...Array(looks.asChanged).fill(asChanged), ...Array(looks.asNew).fill(asNew), ...Array(byKind).fill(unknown)].flat()
}

function* creationErrors(metadata: Fields, { rule, namespaced }: Naming): Iterable<FieldError> {
  const generateName = text(metadata.generateName)
  const prefix = generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName
  if (generateName !== '') yield* rule(prefix).map((message) => invalid('metadata.generateName', generateName, message))
  const name = text(metadata.name)
  if (name === '') yield required('metadata.name', 'name or generateName is required')
  else yield* rule(name).map((message) => invalid('metadata.name', name, message))
  const namespace = text(metadata.namespace)
  if (namespaced && namespace === '') yield required('metadata.namespace')
  else if (namespaced) yield* dnsLabel(namespace).map((message) => invalid('metadata.namespace', namespace, message))
  else if (namespace !== '') yield forbidden('metadata.namespace', 'not allowed on this type')
  if (number(metadata.generation) < 0) yield invalid('metadata.generation', metadata.generation, 'must be greater than or equal to 0')
  yield* commonErrors(metadata)
  yield* finalizerErrors(texts(metadata.finalizers))
}

function* updateErrors(metadata: Fields, old: Fields): Iterable<FieldError> {
  if (isSet(old.deletionTimestamp)) {
    const added = texts(metadata.finalizers).filter((each) => !texts(old.finalizers).includes(each))
    const shown = [...new Set(added)].sort().map((each) => JSON.stringify(each))
    const because = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${shown.join(', ')}}`
    if (added.length > 0) yield forbidden('metadata.finalizers', because)
  }
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds']) {
    yield* immutable(`metadata.${field}`, metadata[field], old[field])
  }
  yield* commonErrors(metadata)
}

function* commonErrors(metadata: Fields): Iterable<FieldError> {
  yield* labelErrors(metadata.labels, 'metadata.labels')
  yield* annotationErrors(metadata.annotations, 'metadata.annotations')
  yield* ownerErrors(items(metadata.ownerReferences))
}

export function* labelErrors(labels: unknown, path: string): Iterable<FieldError> {
  for (const [key, value] of Object.entries(textMap(labels))) {
    yield* qualifiedName(key).map((message) => invalid(path, key, message))
    yield* labelValue(value).map((message) => invalid(path, value, message))
  }
}

export function* annotationErrors(annotations: unknown, path: string): Iterable<FieldError> {
  let bytes = 0
  for (const [key, value] of Object.entries(textMap(annotations))) {
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value)
    yield* qualifiedName(key.toLowerCase()).map((message) => invalid(path, key, message))
  }
  if (bytes > annotationsLimitBytes) yield tooLong(path, annotationsLimitBytes)
}

function* ownerErrors(owners: readonly Fields[]): Iterable<FieldError> {
  const path = 'metadata.ownerReferences'
  let controller: string | undefined
  for (const owner of owners) {
    const parts = text(owner.apiVersion).split('/')
    const version = parts.length > 2 ? '' : parts.at(-1)!
    if (version === '') yield invalid(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty')
    for (const field of ['kind', 'name', 'uid']) if (text(owner[field]) === '') yield invalid(`${path}.${field}`, '', 'must not be empty')
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') yield invalid(path, owner, '/v1, Kind=Event is disallowed from being an owner')
    if (owner.controller !== true) continue
    const name = `${text(owner.kind)}/${text(owner.name)}`
    const both = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`
    if (controller !== undefined) yield invalid(path, owners, both)
    else controller = name
  }
}

function* finalizerErrors(finalizers: readonly string[]): Iterable<FieldError> {
  const path = 'metadata.finalizers'
  for (const each of finalizers) yield* qualifiedName(each).map((message) => invalid(path, each, message))
  const clash = `finalizer ${deletionFinalizers.join(' and ')} cannot be both set`
  if (deletionFinalizers.every((each) => finalizers.includes(each))) yield invalid(path, finalizers, clash)
}

function* unknownFinalizers(finalizers: readonly string[]): Iterable<FieldError> {
  for (const [index, each] of finalizers.entries()) {
    const because = 'name is neither a standard finalizer name nor is it fully qualified'
    if (!each.includes('/') && !standardFinalizers.includes(each)) yield invalid(`metadata.finalizers[${index}]`, each, because)
  }
}

/** Of a `metav1.LabelSelector`, if there is one. */
export function* selectorErrors(selector: unknown, path: string): Iterable<FieldError> {
  const { matchLabels, matchExpressions } = fields(selector)
  yield* labelErrors(matchLabels, `${path}.matchLabels`)
  for (const [index, { key, operator, values }] of items(matchExpressions).entries()) {
    const at = `${path}.matchExpressions[${index}]`
    if (operator === 'In' || operator === 'NotIn') {
      if (texts(values).length === 0) yield required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (texts(values).length > 0) yield forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    } else yield invalid(`${at}.operator`, text(operator), 'not a valid selector operator')
    yield* qualifiedName(text(key)).map((message) => invalid(`${at}.key`, text(key), message))
    for (const [each, value] of texts(values).entries()) yield* labelValue(value).map((message) => invalid(`${at}.values[${each}]`, value, message))
  }
}

/** Whether a `metav1.LabelSelector` matches; an absent one matches nothing, an empty one everything. */
export function selectorMatches(selector: unknown, labels: unknown): boolean {
  if (!isSet(selector)) return false
  const has = textMap(labels)
  const { matchLabels, matchExpressions } = fields(selector)
  if (!Object.entries(textMap(matchLabels)).every(([key, value]) => has[key] === value)) return false
  return items(matchExpressions).every(({ key, operator, values }) => {
    const value = has[text(key)]
    if (operator === 'In') return value !== undefined && texts(values).includes(value)
    if (operator === 'NotIn') return value === undefined || !texts(values).includes(value)
    return operator === 'Exists' ? value !== undefined : value === undefined
  })
}
