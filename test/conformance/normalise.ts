// Makes two runs comparable: what a server makes up anew each time is replaced by what it is, numbered where the same value comes again.
import type { Exchange } from './run.ts'
import { valueAt } from './script.ts'

export type Recorded = {
  readonly rule: string
  readonly request: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly events?: readonly unknown[]
  readonly failed?: string
}

type Fields = Readonly<Record<string, unknown>>

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const microTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g
/** Years that nobody lives in are the script's own. */
const isNow = (text: string): boolean => Math.abs(Date.parse(text) - Date.now()) < 24 * 3_600_000
const documentHash = /hash=[0-9A-F]{128}/g
const versionInMessage = /(too old resource version: \d+ \(|current: |ResourceVersion in record \()\d+/g
/** Of an object that stands in a message. */
const versionInText = /(\\"resourceVersion\\":\\")\d+/g
/** An object that stands in a message, as JSON that was quoted. */
const quotedObject = /Invalid value: ("\{(?:[^"\\]|\\.)*\}")/g
const age = /^(\d+[smhd])+$|^<unknown>$/
const suffix = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/
const serverMade = new Map([
  ['clusterIP', '<address>'],
  ['serverAddress', '<address>'],
  ['nodePort', '<node port>'],
  ['healthCheckNodePort', '<node port>'],
  ['continue', '<continue>'],
])

/** All of one topic's run. Values are numbered within a rule, so that one that differs does not make all that follow differ. */
export function normalise(exchanges: readonly Exchange[], run: string): readonly Recorded[] {
  return Object.values(Object.groupBy(exchanges, ({ rule }) => rule)).flatMap((ofRule) => normaliseRule(ofRule!, run))
}

function normaliseRule(whole: readonly Exchange[], run: string): readonly Recorded[] {
  const exchanges = whole.map(({ only, ...exchange }) => (only === undefined ? exchange : { ...exchange, body: chosen(exchange.body, only) }))
  const found = collect(exchanges)
  const uids = numbering('uid')
  const hashes = numbering('hash')

  function text(value: string): string {
    let result = value.replaceAll(quotedObject, (whole, quoted: string) => requoted(whole, quoted)).replaceAll(`-${run}`, '')
    for (const [name, placeholder] of found.generated) result = result.replaceAll(name.replaceAll(`-${run}`, ''), placeholder)
    for (const hash of found.hashes) result = result.replaceAll(hash, hashes(hash))
    return result
      .replaceAll(uuid, uids)
      .replaceAll(microTime, (at) => (isNow(at) ? '<micro time>' : at))
      .replaceAll(time, (at) => (isNow(at) ? '<time>' : at))
      .replaceAll(documentHash, 'hash=<hash>')
      .replaceAll(versionInMessage, '$1<version>')
      .replaceAll(versionInText, '$1<version>')
  }

  /** The order of its fields is no matter. */
  function requoted(whole: string, quoted: string): string {
    const object = parsed(parsed(quoted))
    return typeof object === 'object' && object !== null ? whole.replace(quoted, JSON.stringify(inKeyOrder(walkFields(object as Fields)))) : whole
  }

  function walk(value: unknown, key: string, parent: Fields): unknown {
    if (key === 'resourceVersion' && typeof value === 'string' && /^\d+$/.test(value) && value !== '0') return found.version(value, parent)
    const made = serverMade.get(key)
    if (made !== undefined && value !== '' && value !== 0 && value !== 'None') return made
    if (key === 'clusterIPs' && Array.isArray(value)) return value.map((item) => (item === 'None' ? item : '<address>'))
    if (key === 'token' && typeof value === 'string') return claims(value, text)
    if (key === 'managedFields' && Array.isArray(value)) return inOrder(value.map((item) => walk(item, '', parent)))
    if (key === 'fieldsV1') return text(fieldSet(value as Fields))
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map((item) => walk(item, '', parent))
    if (typeof value !== 'object' || value === null) return value
    return walkFields(isTable(value) ? comparable(value) : (value as Fields))
  }

  function walkFields(value: Fields): Fields {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [text(key), walk(item, key.slice(key.lastIndexOf('.') + 1), value)]))
  }

  return exchanges.map((exchange) => {
    const request = exchange.request.replaceAll(/continue=[^&]{20,}/g, 'continue=<continue>')
    return walkFields({ ...exchange, request }) as Recorded
  })
}

function chosen(body: unknown, paths: readonly string[]): Fields {
  return Object.fromEntries(paths.map((path) => [path, valueAt(body, path)]))
}

/** The same value gets the same number, in the order in which they first came. */
function numbering(what: string): (value: string) => string {
  const numbers = new Map<string, number>()
  return (value) => {
    if (!numbers.has(value)) numbers.set(value, numbers.size + 1)
    return `<${what} ${numbers.get(value)}>`
  }
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text)) as unknown
  } catch {
    // Not JSON, but what looks like it.
    return undefined
  }
}

function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, inKeyOrder(item)]),
  )
}

type Found = {
  readonly generated: ReadonlyMap<string, string>
  readonly hashes: readonly string[]
  version(value: string, parent: Fields): string
}

/** What must be known of all answers before the first of them can be written down. */
function collect(exchanges: readonly Exchange[]): Found {
  const generated = new Map<string, string>()
  const hashes = new Set<string>()
  const versions = new Set<bigint>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { metadata } = value as { readonly metadata?: Fields }
    if (typeof metadata === 'object' && metadata !== null) {
      const { name, generateName, resourceVersion, labels } = metadata as { readonly [field: string]: string | undefined } & {
        readonly labels?: Fields
      }
      if (name !== undefined && /^\d+$/.test(resourceVersion ?? '')) versions.add(BigInt(resourceVersion!))
      if (name !== undefined && generateName !== undefined && suffix.test(name.slice(generateName.length))) {
        if (!generated.has(name)) generated.set(name, `${generateName}<suffix ${generated.size + 1}>`)
      }
      const hash = labels?.['pod-template-hash']
      if (typeof hash === 'string') hashes.add(hash)
    }
    for (const item of Object.values(value)) visit(item)
  }
  for (const { body, events } of exchanges) visit(body ?? events)
  const order = [...versions].sort((a, b) => (a < b ? -1 : 1))
  return {
    generated,
    hashes: [...hashes],
    // Versions count everything that is written to a server; between the script's own objects the order is what can be compared.
    version(value, parent) {
      const before = order.filter((version) => version <= BigInt(value)).length
      return 'name' in parent ? `<version ${before}>` : `<version ${before} or later>`
    },
  }
}

type Table = {
  readonly kind: 'Table'
  readonly columnDefinitions: readonly { readonly name: string; readonly description: string }[] | null
  readonly rows: readonly { readonly cells: readonly unknown[] }[] | null
}

function isTable(value: object): value is Table {
  return 'kind' in value && value.kind === 'Table' && 'columnDefinitions' in value
}

/** Ages pass. Descriptions are each server's own words. */
function comparable(table: Table): Fields {
  const cells = (row: readonly unknown[]): unknown[] => row.map((cell) => (typeof cell === 'string' && age.test(cell) ? '<age>' : cell))
  const columnDefinitions = table.columnDefinitions?.map((column) => ({ ...column, description: typeof column.description })) ?? null
  return { ...table, columnDefinitions, rows: table.rows?.map((row) => ({ ...row, cells: cells(row.cells) })) ?? null }
}

/** What a service account's token says, but for what is new each time; its times by how long it is good for. */
function claims(token: string, text: (value: string) => string): unknown {
  const [head, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  if (payload === undefined) return token === '' ? '' : '<token>'
  const { exp, iat, nbf, jti, ...rest } = JSON.parse(payload) as Record<string, number | string>
  const times = { seconds: Number(exp) - Number(iat), nbf: nbf === iat, jti: typeof jti }
  const { alg } = JSON.parse(head!) as { readonly alg: string }
  return { alg, ...times, ...(JSON.parse(text(JSON.stringify(rest))) as object) }
}

/** Servers put them in the order of their times, which are whole seconds: the order depends on when a second ends. */
function inOrder(managers: readonly unknown[]): readonly unknown[] {
  const rank = (entry: unknown): string =>
    ['operation', 'manager', 'subresource', 'apiVersion'].map((key) => String((entry as Fields)?.[key] ?? '')).join(' ')
  return [...managers].sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

/** `{"f:data":{".":{},"f:a":{}}}` as `data(. a)`: a fifth of the length. */
function fieldSet(set: Fields): string {
  return Object.entries(set)
    .map(([key, value]) => {
      const inner = fieldSet(value as Fields)
      const name = key.startsWith('f:') ? key.slice(2) : key
      return inner === '' ? name : `${name}(${inner})`
    })
    .sort()
    .join(' ')
}
