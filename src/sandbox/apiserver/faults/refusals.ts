import { ApiError } from '../apiError.ts'
import type { FaultCall } from './fault.ts'

type Words = { readonly reason: string; readonly message: string }

const words: Readonly<Record<number, Words>> = {
  410: { reason: 'Expired', message: 'too old resource version: 1 (2)' },
  429: { reason: 'TooManyRequests', message: 'The server has received too many requests and has asked us to try again later.' },
  500: { reason: 'InternalError', message: 'Internal error occurred: an injected fault' },
  502: { reason: '', message: 'an injected fault' },
  503: { reason: 'ServiceUnavailable', message: 'the server is currently unable to handle the request' },
  504: { reason: 'Timeout', message: 'Timeout: request did not complete within requested timeout - context deadline exceeded' },
}

/** A refusal as the real server would word it, were it its own. */
export function injectedRefusal(code: number, retryAfterSeconds: number | undefined, { resource, name }: FaultCall): ApiError {
  const [plural = '', ...group] = resource.split('/')[0]!.split('.')
  if (code === 409) {
    const message = `Operation cannot be fulfilled on ${resource} ${JSON.stringify(name)}: the object has been modified; please apply your changes to the latest version and try again`
    return new ApiError({ code, reason: 'Conflict', message, details: { name, ...(group.length > 0 && { group: group.join('.') }), kind: plural } })
  }
  const { reason, message } = words[code] ?? { reason: '', message: 'an injected fault' }
  const wait = retryAfterSeconds ?? (code === 429 ? 1 : undefined)
  return new ApiError({ code, reason, message, ...(wait !== undefined && { retryAfterSeconds: wait }) })
}
