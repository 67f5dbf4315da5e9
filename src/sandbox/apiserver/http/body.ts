import type { IncomingMessage } from 'node:http'
import { isObject } from '../../json.ts'
import type { Json, JsonObject } from '../../unstructured.ts'
import { ApiError, badRequest } from '../apiError.ts'
import { parseStrictJson, plain } from '../schema/strictJson.ts'
import { parseStrictYaml } from '../schema/strictYaml.ts'

/** As much as the real server reads. */
export const maxBodyBytes = 3 * 1024 * 1024

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    // The rest is read and thrown away, so that the client comes to hear the answer.
    if (bytes <= maxBodyBytes) chunks.push(chunk as Buffer)
  }
  if (bytes > maxBodyBytes) {
    const message = `Request entity too large: limit is ${maxBodyBytes}`
    throw new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message })
  }
  return Buffer.concat(chunks)
}

const accepted = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'

/** The media type of a body that carries an object; throws 415 for what is not understood here. */
export function objectMedia(contentType: string | undefined): 'json' | 'yaml' {
  const media = mediaType(contentType)
  if (media === '' || media === 'application/json') return 'json'
  if (media === 'application/yaml') return 'yaml'
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`
  throw new ApiError({ code: 415, reason: 'UnsupportedMediaType', message })
}

export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';')[0]!.trim().toLowerCase()
}

/** An object's text, parsed; `kind` is what it must be, for the message. */
export function parseObject(text: string, media: 'json' | 'yaml', kind: string): JsonObject {
  const value = media === 'yaml' ? parseYaml(text) : parseJson(text, (because) => unrecognized(kind, because, text))
  if (isObject(value)) return value
  if (value === null) return {}
  const got = Array.isArray(value) ? 'array' : typeof value
  throw unrecognized(
    kind,
    `json: cannot unmarshal ${got} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    Buffer.from(text).toString('hex'),
  )
}

function unrecognized(kind: string, because: string, text: string): ApiError {
  const shown = text === '' ? '<empty>' : text
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${because} (${shown})`,
  )
}

function parseYaml(text: string): Json {
  try {
    return parseStrictYaml(text).value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw Object.assign(badRequest(`error converting YAML to JSON: ${error.message}`), { cause: error })
  }
}

/** JSON, or the refusal that `refuse` makes of what is wrong, worded as Go's parser does. */
export function parseJson(text: string, refuse: (because: string) => ApiError): Json {
  try {
    return plain(parseStrictJson(text))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw Object.assign(refuse(error.message), { cause: error })
  }
}
