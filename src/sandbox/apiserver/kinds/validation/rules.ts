import { parseQuantity } from '../../../../api/quantity.ts'
import type { FieldError } from '../../apiError.ts'
import { invalid, notSupported, required } from '../../fieldErrors.ts'
import { isSet, number, text } from '../fields.ts'
import { portName, portNumber, type TextRule } from '../names.ts'

/** Rules that many kinds have in common. Each gives the mistakes of one field, at its path. */

export type Errors = Iterable<FieldError>

export const negative = 'must be greater than or equal to 0'

export function* named(rule: TextRule, value: unknown, path: string): Errors {
  yield* rule(text(value)).map((message) => invalid(path, text(value), message))
}

/** Required, and as the rule has it. */
export function* requiredName(rule: TextRule, value: unknown, path: string): Errors {
  if (text(value) === '') yield required(path)
  else yield* named(rule, value, path)
}

export function* requiredText(value: unknown, path: string, detail = ''): Errors {
  if (text(value) === '') yield required(path, detail)
}

export function* notNegative(value: unknown, path: string): Errors {
  if (number(value) < 0) yield invalid(path, value, negative)
}

/** One of these; an absent one is left to `requiredText`. */
export function* oneOf(value: unknown, supported: readonly string[], path: string): Errors {
  if (!supported.includes(text(value))) yield notSupported(path, text(value), supported)
}

export function* requiredOneOf(value: unknown, supported: readonly string[], path: string): Errors {
  if (text(value) === '') yield required(path)
  else yield* oneOf(value, supported, path)
}

/** A number or a name of a port. */
export function* portReference(value: unknown, path: string): Errors {
  const wrong = typeof value === 'number' ? portNumber(value) : portName(text(value))
  yield* wrong.map((message) => invalid(path, value ?? 0, message))
}

export function* portNumberErrors(value: unknown, path: string): Errors {
  yield* portNumber(number(value)).map((message) => invalid(path, number(value), message))
}

export function* notNegativeQuantity(value: unknown, path: string): Errors {
  const read = parseQuantity(text(value))
  if (read !== undefined && read.nanos < 0n) yield invalid(path, value, negative)
}

const percent = /^[0-9]+%$/

/** A number that is not negative, or a percentage. */
export function* countOrPercent(value: unknown, path: string): Errors {
  if (typeof value === 'string') {
    const says =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
    if (!percent.test(value)) yield invalid(path, value, says)
  } else if (isSet(value)) yield* notNegative(value, path)
}

export function* atMostWhole(value: unknown, path: string): Errors {
  if (typeof value === 'string' && percent.test(value) && Number(value.slice(0, -1)) > 100)
    yield invalid(path, value, 'must not be greater than 100%')
}

/** Undefined for what is no percentage. */
export function percentOf(value: unknown): number | undefined {
  return typeof value === 'string' && percent.test(value) ? Number(value.slice(0, -1)) : undefined
}

const ipv4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/

export function isIpv4(value: string): boolean {
  return ipv4.test(value)
}

export function isIp(value: string): boolean {
  return isIpv4(value) || (value.includes(':') && URL.canParse(`http://[${value}]/`))
}

export function* ipErrors(value: unknown, path: string): Errors {
  if (!isIp(text(value))) yield invalid(path, text(value), 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
}
