import { isObject } from '../../json.ts'
import type { JsonObject } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'
import { definitionOf } from './builtin.ts'
import { type Decoded, DecodeError, decodeTyped } from './decode.ts'
import { decodeCustom } from './decodeCustom.ts'
import { isParsedObject, type Parsed, parseStrictJson, plain } from './strictJson.ts'
import { parseStrictYaml } from './strictYaml.ts'

/** What is expected in a body. `prunes`: a custom kind. */
export type ExpectedKind = Pick<Kind, 'group' | 'version' | 'kind' | 'schema' | 'prunes'>

export type Body = { readonly bytes: Uint8Array; readonly contentType: string | undefined }

/**
 * Reads the object that a request sends, JSON or YAML. What is wrong with its fields is left to the caller, who refuses with `strictError` or warns; all else
 * throws an ApiError of 400 or 415 in the real server's words.
 */
export function readBody({ bytes, contentType }: Body, expected: ExpectedKind): Decoded {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const { value, problems } = parse(text, mediaType(contentType), bytes, expected)
  const said = versionAndKind(value, text, bytes, expected)
  const decoded = refusing(said, expected, () => decodeParsed(value ?? {}, expected))
  if (said.apiVersion !== apiVersionOf(expected))
    throw badRequest(`the API version in the data (${said.apiVersion}) does not match the expected API version (${apiVersionOf(expected)})`)
  return {
    object: { kind: said.kind, apiVersion: said.apiVersion, ...decoded.object },
    problems: [...problems, ...decoded.problems],
  }
}

/** Reads an object that is not fresh from a request: what a patch makes of one. Throws an ApiError where a type is wrong. */
export function decodeObject(object: JsonObject, expected: ExpectedKind): Decoded {
  const { apiVersion, kind } = object
  const said = {
    apiVersion: typeof apiVersion === 'string' ? apiVersion : apiVersionOf(expected),
    kind: typeof kind === 'string' ? kind : expected.kind,
  }
  return refusing(said, expected, () => decodeParsed(object, expected))
}

/** The refusal of an object whose fields are not all as they should be, where the client asked to be strict. */
export function strictError(object: JsonObject, problems: readonly string[], expected: ExpectedKind): ApiError {
  const said = { apiVersion: String(object['apiVersion'] ?? ''), kind: String(object['kind'] ?? '') }
  const lines = problems.filter(isRepeatedKey)
  // As the decoders of JSON and YAML word it: the latter lists its own on lines.
  const all = [
    ...(lines.length === 0 ? [] : [['yaml: unmarshal errors:', ...lines].join('\n  ')]),
    ...problems.filter((problem) => !isRepeatedKey(problem)),
  ]
  return unfit(said, expected, `strict decoding error: ${all.join(', ')}`)
}

function isRepeatedKey(problem: string): boolean {
  return /^line \d+: key /.test(problem)
}

type Said = { readonly apiVersion: string; readonly kind: string }

function decodeParsed(value: Parsed, expected: ExpectedKind): Decoded {
  return expected.prunes ? decodeCustom(value, expected.schema) : decodeTyped(value, expected.schema)
}

function refusing<T>(said: Said, expected: ExpectedKind, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof DecodeError ? unfit(said, expected, error.message) : error
  }
}

function unfit({ apiVersion, kind }: Said, expected: ExpectedKind, because: string): ApiError {
  return badRequest(`${kind} in version "${apiVersion.split('/').at(-1)}" cannot be handled as a ${expected.kind}: ${because}`)
}

function unrecognized(bytes: Uint8Array, expected: ExpectedKind, because: string): ApiError {
  return badRequest(`the object provided is unrecognized (must be of type ${expected.kind}): ${because} (${summary(bytes)})`)
}

function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>'
  const start = Buffer.from(bytes.subarray(0, 30))
  return `${start[0] === 0x7b ? start.toString('utf8') : start.toString('hex')}${bytes.length > 30 ? ' ...' : ''}`
}

function mediaType(contentType: string | undefined): 'json' | 'yaml' {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (type === undefined || type === '' || type === 'application/json') return 'json'
  if (type === 'application/yaml') return 'yaml'
  throw new ApiError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
  })
}

function parse(text: string, type: 'json' | 'yaml', bytes: Uint8Array, expected: ExpectedKind): { value: Parsed; problems: readonly string[] } {
  try {
    if (type === 'json') return { value: parseStrictJson(text), problems: [] }
    const { value, repeated } = parseStrictYaml(text)
    return { value, problems: repeated }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw unrecognized(bytes, expected, type === 'json' ? `couldn't get version/kind; json parse error: ${error.message}` : error.message)
  }
}

const goTypeMeta = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** What the object says it is; built-in kinds need not say it. */
function versionAndKind(value: Parsed, text: string, bytes: Uint8Array, expected: ExpectedKind): Said {
  const refuse = (because: string): ApiError => unrecognized(bytes, expected, because)
  const cannotParse = (because: string): ApiError => refuse(`couldn't get version/kind; json parse error: json: cannot unmarshal ${because}`)
  if (value !== null && !isParsedObject(value)) throw cannotParse(`${jsonTypeOf(value)} into Go value of type ${goTypeMeta}`)
  const said = value === null ? {} : plain(value)
  if (!isObject(said)) throw new Error('an object that is none')
  for (const field of ['apiVersion', 'kind'] as const) {
    const found = said[field]
    if (found !== undefined && found !== null && typeof found !== 'string')
      throw cannotParse(`${jsonTypeOf(found)} into Go struct field .${field} of type string`)
  }
  const { apiVersion, kind } = { apiVersion: String(said['apiVersion'] ?? ''), kind: String(said['kind'] ?? '') }
  if (apiVersion.split('/').length > 2) throw refuse(`unexpected GroupVersion string: ${apiVersion}`)
  if (expected.prunes) {
    if (kind === '') throw refuse(`Object 'Kind' is missing in '${text}'`)
    return { apiVersion, kind }
  }
  const whole = { apiVersion: apiVersion || apiVersionOf(expected), kind: kind || expected.kind }
  refuseOtherKind(whole, expected)
  return whole
}

/** What is said of a built-in kind that there is not. */
function unregisteredKind({ apiVersion, kind }: Said): string | undefined {
  const { group, version } = groupVersionOf(apiVersion)
  if (definitionOf(group, version, kind) !== undefined || kind === 'List') return undefined
  return `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`
}

function refuseOtherKind(said: Said, expected: ExpectedKind): void {
  const other = otherKind(said, expected)
  if (other !== undefined) throw unfit(said, expected, other)
}

/** Why an object that says this of itself is not what is expected; undefined if it may be. */
export function otherKind(said: Said, expected: Pick<Kind, 'group' | 'kind'>): string | undefined {
  const unregistered = unregisteredKind(said)
  if (unregistered !== undefined || said.kind === expected.kind) return unregistered
  const { version } = groupVersionOf(said.apiVersion)
  const internal = expected.group === '' ? 'core' : expected.group.split('.')[0]
  return `converting (${version}.${said.kind}) to (${internal}.${expected.kind}): unknown conversion`
}

function jsonTypeOf(value: Parsed): string {
  if (Array.isArray(value)) return 'array'
  if (isParsedObject(value)) return 'object'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'number'
}

function apiVersionOf({ group, version }: Pick<Kind, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const [first = '', second] = apiVersion.split('/')
  return second === undefined ? { group: '', version: first } : { group: first, version: second }
}
