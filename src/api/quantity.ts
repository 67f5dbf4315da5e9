/** Amounts of resources (resource.Quantity): `500m`, `1.5Gi`, `2e3`. */

/** In billionths, so that every amount that Kubernetes knows is exact. */
export type Quantity = {
  readonly nanos: bigint
  readonly format: 'decimal' | 'binary' | 'exponent'
  /** As it was written, where the server leaves it so: it looks at the last digits only to see whether a text is canonical. */
  readonly written?: string
}

const decimalPowers: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const decimalSuffixes = new Map(Object.entries(decimalPowers).map(([suffix, power]) => [power, suffix]))
const nanosPerUnit = 1_000_000_000n
const pattern = /^([+-]?)(\d+|\d+\.\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3}|)$/

/** Undefined for what is no quantity. Parts below a billionth count as one, as there. */
export function parseQuantity(text: string): Quantity | undefined {
  const found = pattern.exec(text)
  if (found === null) return undefined
  const [, sign, digits = '', suffix = ''] = found
  const [whole = '', fraction = ''] = digits.split('.')
  const mantissa = BigInt(`${whole}${fraction}` || '0')
  const binary = suffix.endsWith('i')
  const exponent = /^[eE][+-]?\d/.test(suffix)
  const power = exponent ? Number(suffix.slice(1)) : binary ? 0 : decimalPowers[suffix]!
  const scaled = binary ? mantissa * 1024n ** BigInt(binarySuffixes.indexOf(suffix)) : mantissa
  const nanos = shifted(scaled, 9 + power - fraction.length)
  const format = binary ? 'binary' : exponent ? 'exponent' : 'decimal'
  const numerals = `${whole.replace(/^0+/, '') || '0'}${fraction}`
  const staysSo = binary ? fraction === '' && isShortBinary(mantissa, numerals, suffix) : isShortDecimal(numerals, power - fraction.length)
  return { nanos: sign === '-' ? -nanos : nanos, format, ...(staysSo && { written: text }) }
}

const exactDigits = 18

function isShortDecimal(numerals: string, power: number): boolean {
  return numerals.length <= exactDigits && power >= -9 && power % 3 === 0 && !numerals.endsWith('000') && !numerals.startsWith('0')
}

function isShortBinary(mantissa: bigint, numerals: string, suffix: string): boolean {
  const digitsOfSuffix = binarySuffixes.indexOf(suffix) * 3
  return 15 - numerals.length - digitsOfSuffix - 1 >= 0 && (mantissa & 7n) !== 0n
}

/** As the server writes it: without fractions, the largest suffix that keeps the value. */
export function formatQuantity({ nanos, format, written }: Quantity): string {
  if (written !== undefined) return written
  const size = nanos < 0n ? -nanos : nanos
  if (size === 0n) return '0'
  const sign = nanos < 0n ? '-' : ''
  if (format === 'binary' && size >= 1024n * nanosPerUnit && size % nanosPerUnit === 0n) return sign + inBinary(size / nanosPerUnit)
  let mantissa = size
  let power = -9
  while (power < 18 && mantissa % 1000n === 0n) {
    mantissa /= 1000n
    power += 3
  }
  if (format === 'exponent') return `${sign}${mantissa}${power === 0 ? '' : `e${power}`}`
  return `${sign}${mantissa}${decimalSuffixes.get(power)!}`
}

export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format }
}

/** To thousandths, upwards: no resource is counted finer. */
export function roundedToMilli(quantity: Quantity): Quantity {
  const { nanos, format } = quantity
  const step = 1_000_000n
  const rest = ((nanos % step) + step) % step
  return rest === 0n ? quantity : { nanos: nanos - rest + step, format }
}

function inBinary(value: bigint): string {
  let index = 0
  while (index < binarySuffixes.length - 1 && value % 1024n === 0n) {
    value /= 1024n
    index++
  }
  return `${value}${binarySuffixes[index]}`
}

function shifted(value: bigint, power: number): bigint {
  if (power >= 0) return value * 10n ** BigInt(power)
  const divisor = 10n ** BigInt(-power)
  return (value + divisor - 1n) / divisor
}
