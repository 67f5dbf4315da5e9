import { duplicate, forbidden, invalid, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, text, texts } from '../fields.ts'
import { selectorErrors } from '../metadata.ts'
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from '../names.ts'
import { type Errors, named, oneOf } from './rules.ts'

/** Where a pod may run. */

export function* tolerationErrors(tolerations: readonly Fields[], path: string): Errors {
  for (const [index, { key, operator, value, effect, tolerationSeconds }] of tolerations.entries()) {
    const at = `${path}[${index}]`
    if (text(key) !== '') yield* named(qualifiedName, key, `${at}.key`)
    const everything = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    if (text(key) === '' && operator !== 'Exists') yield invalid(`${at}.operator`, text(operator), everything)
    if (isSet(tolerationSeconds) && effect !== 'NoExecute') {
      yield invalid(`${at}.effect`, text(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    if (operator === 'Exists') {
      if (text(value) !== '') yield invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'")
    } else if (operator === 'Equal' || text(operator) === '') {
      const wrong = labelValue(text(value))
      if (wrong.length > 0) yield invalid(`${at}.operator`, text(value), wrong.join(';'))
    } else yield* oneOf(operator, ['Equal', 'Exists'], `${at}.operator`)
    if (text(effect) !== '') yield* oneOf(effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], `${at}.effect`)
  }
}

export function* affinityErrors(affinity: Fields, path: string): Errors {
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity
  if (isFields(nodeAffinity)) yield* nodeAffinityErrors(nodeAffinity, `${path}.nodeAffinity`)
  for (const [name, each] of Object.entries({ podAffinity, podAntiAffinity })) if (isFields(each)) yield* podAffinityErrors(each, `${path}.${name}`)
}

const neededField = 'requiredDuringSchedulingIgnoredDuringExecution'
const likedField = 'preferredDuringSchedulingIgnoredDuringExecution'

function* nodeAffinityErrors(affinity: Fields, path: string): Errors {
  const needed = affinity[neededField]
  if (isFields(needed)) {
    const terms = items(needed.nodeSelectorTerms)
    const at = `${path}.${neededField}.nodeSelectorTerms`
    if (terms.length === 0) yield required(at, 'must have at least one node selector term')
    for (const [index, term] of terms.entries()) yield* nodeTermErrors(term, `${at}[${index}]`, true)
  }
  for (const [index, liked] of items(affinity[likedField]).entries()) {
    const at = `${path}.${likedField}[${index}]`
    yield* weightErrors(liked.weight, at)
    yield* nodeTermErrors(fields(liked.preference), `${at}.preference`, false)
  }
}

function* weightErrors(weight: unknown, path: string): Errors {
  if (number(weight) <= 0 || number(weight) > 100) yield invalid(`${path}.weight`, number(weight), 'must be in the range 1-100')
}

/** Values of terms that are only preferred are not looked at. */
function* nodeTermErrors(term: Fields, path: string, checksValues: boolean): Errors {
  for (const [index, { key, operator, values }] of items(term.matchExpressions).entries()) {
    const at = `${path}.matchExpressions[${index}]`
    const count = texts(values).length
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0) yield required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0) yield forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    } else if (operator === 'Gt' || operator === 'Lt') {
      if (count !== 1) yield required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")
    } else yield invalid(`${at}.operator`, text(operator), 'not a valid selector operator')
    yield* named(qualifiedName, key, `${at}.key`)
    if (checksValues) for (const [each, value] of texts(values).entries()) yield* named(labelValue, value, `${at}.values[${each}]`)
  }
  for (const [index, { key, operator, values }] of items(term.matchFields).entries()) {
    const at = `${path}.matchFields[${index}]`
    if (operator !== 'In' && operator !== 'NotIn') yield invalid(`${at}.operator`, text(operator), 'not a valid selector operator')
    else if (texts(values).length !== 1)
      yield required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
    if (key !== 'metadata.name') yield invalid(`${at}.key`, text(key), 'not a valid field selector key')
    else for (const [each, value] of texts(values).entries()) yield* named(dnsSubdomain, value, `${at}.values[${each}]`)
  }
}

function* podAffinityErrors(affinity: Fields, path: string): Errors {
  for (const [index, term] of items(affinity[neededField]).entries()) yield* podTermErrors(term, `${path}.${neededField}[${index}]`)
  for (const [index, { weight, podAffinityTerm }] of items(affinity[likedField]).entries()) {
    const at = `${path}.${likedField}[${index}]`
    yield* weightErrors(weight, at)
    yield* podTermErrors(fields(podAffinityTerm), `${at}.podAffinityTerm`)
  }
}

function* podTermErrors(term: Fields, path: string): Errors {
  yield* selectorErrors(term.labelSelector, `${path}.labelSelector`)
  yield* selectorErrors(term.namespaceSelector, `${path}.namespaceSelector`)
  for (const name of texts(term.namespaces)) yield* named(dnsLabel, name, `${path}.namespace`)
  if (text(term.topologyKey) === '') yield required(`${path}.topologyKey`, 'can not be empty')
  yield* named(qualifiedName, term.topologyKey, `${path}.topologyKey`)
}

export function* spreadErrors(constraints: readonly Fields[], path: string): Errors {
  for (const [index, { maxSkew, topologyKey, whenUnsatisfiable, labelSelector }] of constraints.entries()) {
    const at = `${path}[${index}]`
    if (number(maxSkew) <= 0) yield invalid(`${at}.maxSkew`, number(maxSkew), 'must be greater than zero')
    if (text(topologyKey) === '') yield required(`${at}.topologyKey`, 'can not be empty')
    yield* oneOf(whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'], `${at}.whenUnsatisfiable`)
    const again = constraints.slice(index + 1).some((each) => each.topologyKey === topologyKey && each.whenUnsatisfiable === whenUnsatisfiable)
    if (again) yield duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${text(topologyKey)}, ${text(whenUnsatisfiable)}}`)
    yield* selectorErrors(labelSelector, `${at}.labelSelector`)
  }
}
