import { isObject } from '../../json.ts'
import type { Json } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { unknownStepFields } from '../patch/jsonPatch.ts'
import type { Patch } from '../requests/fieldMachinery.ts'
import { invalidOptions } from '../requests/listOptions.ts'
import { type Parsed, parseStrictJson, plain, repeatedFields } from '../schema/strictJson.ts'
import { type ParsedYaml, parseStrictYaml } from '../schema/strictYaml.ts'
import { mediaType } from './body.ts'
import type { WriteQuery } from './writeQuery.ts'

type PatchFacts = { readonly query: WriteQuery; readonly isCustom: boolean }

export function parsePatch(contentType: string | undefined, text: string, { query, isCustom }: PatchFacts): Patch {
  const media = mediaType(contentType)
  if (media === 'application/apply-patch+yaml') return parseApply(text, query)
  if (query.force !== undefined) {
    const message = 'Forbidden: may not be specified for non-apply patch'
    throw invalidOptions('PatchOptions', [{ field: 'force', reason: 'FieldValueForbidden', message }])
  }
  if (media === 'application/json-patch+json') {
    const { value, repeated } = parse(text, 'error decoding patch: ')
    const problems = repeated.map((path) => `json patch duplicate field "${path}"`)
    return { type: 'json', steps: value, problems: [...problems, ...unknownStepFields(value)] }
  }
  if (media === 'application/merge-patch+json') return { type: 'merge', ...fieldsPatch(text, 'error decoding patch: ') }
  if (media === 'application/strategic-merge-patch+json' && !isCustom) return { type: 'strategic', ...fieldsPatch(text, '') }
  throw unsupportedPatch(media, isCustom)
}

function fieldsPatch(text: string, prefix: string): { readonly patch: Json; readonly problems: readonly string[] } {
  const { value, repeated } = parse(text, prefix)
  return { patch: value, problems: repeated.map((path) => `duplicate field "${path}"`) }
}

function parse(text: string, prefix: string): { readonly value: Json; readonly repeated: readonly string[] } {
  let parsed: Parsed
  try {
    parsed = parseStrictJson(text)
  } catch (error) {
    throw error instanceof SyntaxError ? badRequest(`${prefix}${error.message}`) : error
  }
  return { value: plain(parsed), repeated: repeatedFields(parsed) }
}

function unsupportedPatch(media: string, isCustom: boolean): ApiError {
  const [code, reason] = [415, 'UnsupportedMediaType'] as const
  if (!isCustom || media !== 'application/strategic-merge-patch+json')
    return new ApiError({ code, reason, message: '415: Unsupported Media Type', details: {} })
  const types = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
  return new ApiError({
    code,
    reason,
    message: `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
  })
}

function parseApply(text: string, { manager, force, fieldValidation }: WriteQuery): Patch {
  if (!manager.asked) {
    const message = 'Required value: is required for apply patch'
    throw invalidOptions('PatchOptions', [{ field: 'fieldManager', reason: 'FieldValueRequired', message }])
  }
  const { value, repeated } = parseYaml(text)
  if (repeated.length > 0 && fieldValidation === 'Strict') {
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${['yaml: unmarshal errors:', ...repeated].join('\n  ')}`)
  }
  const config = value ?? {}
  if (!isObject(config)) {
    const got = Array.isArray(config) ? 'array' : typeof config === 'boolean' ? 'bool' : typeof config
    const because = `json: cannot unmarshal ${got} into Go value of type map[string]interface {}`
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${because}`)
  }
  const whole = isObject(config['metadata']) ? config : { ...config, metadata: {} }
  return { type: 'apply', config: whole, force: force ?? false, problems: repeated }
}

function parseYaml(text: string): ParsedYaml {
  try {
    return parseStrictYaml(text)
  } catch (error) {
    throw error instanceof SyntaxError ? badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`) : error
  }
}
