import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { type ApiError, badRequest, invalid } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'
import type { Call, Machinery } from './machinery.ts'
import { apiVersionOf } from './objectMeta.ts'

/** A body as an object of the kind that its path is about; refuses another kind, and unknown fields if the client wants that. */
export function decode(machinery: Machinery, call: Call, body: JsonObject): Unstructured {
  const { kind } = call
  const whole = { ...body, apiVersion: body['apiVersion'] || apiVersionOf(kind), kind: body['kind'] || kind.kind }
  requireKind(machinery, kind, whole)
  return known(machinery, call, whole, (problems) => cannotBeHandled(kind, kind, `strict decoding error: ${problems.join(', ')}`))
}

/** A patched object; its mistakes are the patch's. */
export function decodePatched(machinery: Machinery, call: Call, patched: JsonObject): Unstructured {
  return known(machinery, call, patched, (problems) => {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(sorted(patched)))}: strict decoding error: ${problems.join(', ')}`
    return invalid({ group: '', plural: '', kind: '', name: '' }, [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  })
}

function known(machinery: Machinery, call: Call, object: JsonObject, refuse: (problems: readonly string[]) => ApiError): Unstructured {
  if (call.fieldValidation !== 'Ignore') {
    const problems = machinery.fields.problems(call.kind, object)
    if (problems.length > 0 && call.fieldValidation === 'Strict') throw refuse(problems)
    for (const problem of problems) call.warn(problem)
  }
  return machinery.fields.decoded(call.kind, object)
}

function requireKind({ kinds }: Machinery, kind: Kind, { apiVersion, kind: said }: JsonObject): void {
  const wanted = apiVersionOf(kind)
  if (apiVersion === wanted && said === kind.kind) return
  const [group, version] = splitVersion(String(apiVersion))
  const got = kinds.findByKind({ group, version, kind: String(said) })
  const about = { group, version, kind: String(said) }
  if (got === undefined) {
    const because = `no kind ${JSON.stringify(said)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`
    throw cannotBeHandled(about, kind, because)
  }
  const internal = `${kind.group === '' ? 'core' : kind.group.split('.')[0]}.${kind.kind}`
  const goPackage = `${got.group === '' ? '' : got.group.split('.')[0]}${version}`
  throw cannotBeHandled(about, kind, `converting (${goPackage}.${got.kind}) to (${internal}): unknown conversion`)
}

function cannotBeHandled(got: Pick<Kind, 'version' | 'kind'>, kind: Kind, because: string): ApiError {
  return badRequest(`${got.kind} in version ${JSON.stringify(got.version)} cannot be handled as a ${kind.kind}: ${because}`)
}

function splitVersion(apiVersion: string): readonly [group: string, version: string] {
  const at = apiVersion.indexOf('/')
  return at < 0 ? ['', apiVersion] : [apiVersion.slice(0, at), apiVersion.slice(at + 1)]
}

/** The head of an object is sorted where it is quoted. */
function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
