import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { badRequest } from '../apiError.ts'
import type { FaultEffect, FaultMatch, FaultOccurrence, FaultRule } from './fault.ts'

/** What a client may ask for: a rule without its name. */
export type NewFault = { readonly match?: FaultMatch; readonly occurrence?: FaultOccurrence; readonly effect: FaultEffect }

const texts = ['resource', 'namespace', 'name', 'userAgent', 'path']
const occurrences: Readonly<Record<string, readonly string[]>> = { nth: ['nth'], first: ['count'], probability: ['probability'] }
const effects: Readonly<Record<string, readonly string[]>> = {
  delay: ['ms'],
  refuse: ['code'],
  drop: ['when'],
  stale: ['revisions'],
  cutWatch: ['afterEvents'],
  silenceWatch: ['afterEvents'],
  repeatEvents: ['every'],
  holdEvents: ['ms'],
}

/** Reads a rule; throws 400 that names what is wrong with it. */
export function parseFault(id: string, value: Json): FaultRule {
  if (!isObject(value)) throw badRequest('a fault is an object with match, occurrence and effect')
  for (const field of Object.keys(value)) if (!['match', 'occurrence', 'effect'].includes(field)) throw badRequest(`a fault has no field ${field}`)
  const { match = {}, occurrence = null, effect = null } = value
  if (!isObject(match)) throw badRequest('match must be an object')
  checkMatch(match)
  if (occurrence !== null) checkCase('occurrence', occurrence, occurrences)
  checkCase('effect', effect, effects)
  const read = { match, effect, ...(occurrence !== null && { occurrence }) } as unknown as NewFault
  return { id, match: read.match ?? {}, occurrence: read.occurrence, effect: read.effect }
}

function checkMatch(match: JsonObject): void {
  for (const [field, value] of Object.entries(match)) {
    if (field === 'verbs') {
      if (!Array.isArray(value) || !value.every((verb) => typeof verb === 'string')) throw badRequest('match.verbs must be a list of verbs')
    } else if (!texts.includes(field)) throw badRequest(`match has no field ${field}; it may have verbs, ${texts.join(', ')}`)
    else if (typeof value !== 'string') throw badRequest(`match.${field} must be a text`)
  }
}

function checkCase(what: string, value: Json, cases: Readonly<Record<string, readonly string[]>>): void {
  const kind = isObject(value) ? value['kind'] : undefined
  const fields = typeof kind === 'string' && Object.hasOwn(cases, kind) ? cases[kind]! : undefined
  if (!isObject(value) || fields === undefined) throw badRequest(`${what}.kind must be one of ${Object.keys(cases).join(', ')}`)
  for (const field of fields) {
    const given = value[field]
    if (field === 'when') {
      if (given !== 'before' && given !== 'after') throw badRequest(`${what}.when must be before or after`)
    } else if (typeof given !== 'number' || given < 0) throw badRequest(`${what}.${field} must be a number that is not negative`)
  }
  if (kind === 'refuse' && !(Number(value['code']) >= 400 && Number(value['code']) <= 599)) throw badRequest('effect.code must be from 400 to 599')
  if (kind === 'repeatEvents' && !(Number(value['every']) >= 1)) throw badRequest('effect.every must be at least 1')
}
