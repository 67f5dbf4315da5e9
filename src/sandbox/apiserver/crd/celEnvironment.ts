import { createRequire } from 'node:module'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { parseQuantity, type Quantity } from '../../../api/quantity.ts'
import { spend, spendOnText } from './celBudget.ts'
import { goRegex } from './patterns.ts'

type Library = typeof import('@marcbachmann/cel-js')
export type CelEnvironment = InstanceType<Library['Environment']>

let made: CelEnvironment | undefined

/** CEL with what Kubernetes adds to it: of its libraries those for texts, lists, sets, regular expressions, quantities and addresses. Made when first asked for. */
export function celEnvironment(): CelEnvironment {
  if (made !== undefined) return made
  const { Environment } = createRequire(import.meta.url)('@marcbachmann/cel-js') as Library
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  environment.registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn').registerVariable('value', 'dyn')
  addTextFunctions(environment)
  addListFunctions(environment)
  addQuantities(environment)
  made = environment
  return environment
}

function addTextFunctions(environment: CelEnvironment): void {
  const replace = (text: string, from: string, to: string, limit: bigint): string => {
    let left = limit < 0n ? text.length + 1 : Number(limit)
    spendOnText(text.length)
    return text.replaceAll(from, () => {
      if (left-- <= 0) return from
      spendOnText(to.length)
      return to
    })
  }
  const find = (text: string, pattern: string): string => {
    const matcher = matcherOf(text, pattern)
    return matcher.find() ? (matcher.group() ?? '') : ''
  }
  const findAll = (text: string, pattern: string, limit: bigint): readonly string[] => {
    const matcher = matcherOf(text, pattern)
    const found: string[] = []
    while ((limit < 0n || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '')
    return found
  }
  environment
    .registerFunction('string.goMatches(string): bool', (text: string, pattern: string) => matcherOf(text, pattern).find())
    .registerFunction('string.find(string): string', find)
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern, -1n))
    .registerFunction('string.findAll(string, int): list<string>', findAll)
    .registerFunction('string.charAt(int): string', (text: string, at: bigint) => [...text][Number(at)] ?? '')
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => replace(text, from, to, -1n))
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('isCIDR(string): bool', isCidr)
    .registerFunction('isURL(string): bool', (text: string) => URL.canParse(text))
}

function matcherOf(text: string, pattern: string): ReturnType<ReturnType<typeof goRegex>['matcher']> {
  spendOnText(text.length * Math.ceil(pattern.length / 4))
  return goRegex(pattern).matcher(text)
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/')
  if (more !== undefined || !/^\d{1,3}$/.test(bits)) return false
  return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128
}

type Comparable = bigint | number | string | Date

function addListFunctions(environment: CelEnvironment): void {
  const same = (a: unknown, b: unknown): boolean => {
    spend(1)
    return environment.evaluate('self == oldSelf', { self: a, oldSelf: b }) === true
  }
  const most = (list: readonly Comparable[], isBetter: (a: Comparable, b: Comparable) => boolean, name: string): Comparable => {
    if (list.length === 0) throw new Error(`${name} called on empty list`)
    return list.reduce((best, value) => (isBetter(value, best) ? value : best))
  }
  const contains = (list: readonly unknown[], value: unknown): boolean => list.some((each) => same(each, value))
  const indexOf = (list: readonly unknown[], value: unknown): bigint => BigInt(list.findIndex((each) => same(each, value)))
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly Comparable[]) => list.every((value, at) => at === 0 || list[at - 1]! <= value))
    .registerFunction('list.sum(): dyn', (list: readonly (bigint | number)[]) =>
      list.length === 0 ? 0n : list.reduce((sum, value) => (typeof sum === 'bigint' ? sum + (value as bigint) : sum + (value as number))),
    )
    .registerFunction('list.min(): dyn', (list: readonly Comparable[]) => most(list, (a, b) => a < b, 'min'))
    .registerFunction('list.max(): dyn', (list: readonly Comparable[]) => most(list, (a, b) => a > b, 'max'))
    .registerFunction('list.indexOf(dyn): int', indexOf)
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], value: unknown) =>
      BigInt(list.findLastIndex((each) => same(each, value))),
    )
    .registerConstant('sets', 'map', {})
    .registerFunction('map.contains(list, list): bool', (_: unknown, list: readonly unknown[], other: readonly unknown[]) =>
      other.every((each) => contains(list, each)),
    )
    .registerFunction('map.intersects(list, list): bool', (_: unknown, list: readonly unknown[], other: readonly unknown[]) =>
      other.some((each) => contains(list, each)),
    )
    .registerFunction(
      'map.equivalent(list, list): bool',
      (_: unknown, list: readonly unknown[], other: readonly unknown[]) =>
        other.every((each) => contains(list, each)) && list.every((each) => contains(other, each)),
    )
}

/** A quantity as CEL has it. */
class CelQuantity {
  readonly value: Quantity
  constructor(value: Quantity) {
    this.value = value
  }
}

function addQuantities(environment: CelEnvironment): void {
  const compare = (a: CelQuantity, b: CelQuantity): number => Math.sign(Number(a.value.nanos - b.value.nanos))
  const type = 'kubernetes.Quantity'
  environment
    .registerType(type, { ctor: CelQuantity, fields: {} })
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction(`quantity(string): ${type}`, (text: string) => {
      const value = parseQuantity(text)
      if (value === undefined) throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
      return new CelQuantity(value)
    })
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: CelQuantity, b: CelQuantity) => compare(a, b) > 0)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: CelQuantity, b: CelQuantity) => compare(a, b) < 0)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: CelQuantity, b: CelQuantity) => BigInt(compare(a, b)))
}
