import { isObject } from '../../json.ts'
import type { JsonObject } from '../../unstructured.ts'
import { badRequest, type FieldError } from '../apiError.ts'
import { forbidden, integer, invalidOptions, unsupported } from '../requests/listOptions.ts'
import type { RemoveOptions } from '../requests/remove.ts'
import { internalError } from '../requests/write.ts'
import { parseJson, parseObject } from './body.ts'

export type DeleteQuery = RemoveOptions & { readonly dryRun: boolean }

/** From the body, or from the query of a request that has none. */
export function parseDeleteOptions(text: string, media: 'json' | 'yaml', query: URLSearchParams): DeleteQuery {
  const said = text.trim() === '' ? fromQuery(query) : fromBody(text, media)
  const options = said as JsonObject & RemoveOptions & { readonly dryRun?: readonly string[] }
  const dryRun = [...(options.dryRun ?? []), ...query.getAll('dryRun')].filter((each) => each !== '')
  const errors = [...mistakes(options, dryRun)]
  if (errors.length > 0) throw invalidOptions('DeleteOptions', errors)
  return { ...options, dryRun: dryRun.length > 0 }
}

/** Mistakes in there are told bare, as the real server tells them. */
function fromBody(text: string, media: 'json' | 'yaml'): JsonObject {
  const options =
    media === 'yaml'
      ? parseObject(text, media, 'DeleteOptions')
      : parseJson(text, (because) => internalError(`couldn't get version/kind; json parse error: ${because}`))
  if (!isObject(options)) return parseObject(text, media, 'DeleteOptions')
  const { kind = 'DeleteOptions', apiVersion = '' } = options
  if (kind === 'DeleteOptions') return options
  throw internalError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`)
}

function fromQuery(query: URLSearchParams): JsonObject {
  const gracePeriodSeconds = integer(query.get('gracePeriodSeconds') ?? '')
  const orphan = query.get('orphanDependents')
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(query.has('propagationPolicy') && { propagationPolicy: query.get('propagationPolicy') }),
    ...(orphan !== null && { orphanDependents: orphan !== 'false' }),
  }
}

const policies = ['Foreground', 'Background', 'Orphan']

function* mistakes(options: RemoveOptions, dryRun: readonly string[]): Iterable<FieldError> {
  const { propagationPolicy, orphanDependents, gracePeriodSeconds } = options
  if (gracePeriodSeconds !== undefined && gracePeriodSeconds !== null && typeof gracePeriodSeconds !== 'number') {
    throw badRequest(`json: cannot unmarshal ${typeof gracePeriodSeconds} into Go struct field DeleteOptions.gracePeriodSeconds of type int64`)
  }
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    yield {
      field: 'propagationPolicy',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(propagationPolicy)}: orphanDependents and deletionPropagation cannot be both set`,
    }
  }
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    yield unsupported('propagationPolicy', propagationPolicy, [...policies, 'nil'])
  if (dryRun.some((each) => each !== 'All')) yield unsupported('dryRun', dryRun, ['All'])
  if (options.preconditions !== undefined && typeof options.preconditions !== 'object') yield forbidden('preconditions', 'must be an object')
}
