import { badRequest } from '../apiError.ts'

/** Where the next page of a list begins, and of which revision it is; -1: of the newest, as after an expired token. */
export type ContinueToken = { readonly revision: number; readonly start: string }

const apiVersion = 'meta.k8s.io/v1'

export function writeToken({ revision, start }: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: apiVersion, rv: revision, start })).toString('base64url')
}

export function readToken(text: string): ContinueToken {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) {
    const at = /[^\w-]/.exec(text)?.index ?? text.length - 1
    throw badRequest(`invalid continue token: continue key is not valid: illegal base64 data at input byte ${at}`)
  }
  const token = parsed(Buffer.from(text, 'base64url'))
  if (token.v !== apiVersion)
    throw badRequest(`invalid continue token: continue key is not valid: server does not recognize this encoded version ${String(token.v ?? '')}`)
  if (!Number.isSafeInteger(token.rv ?? 0))
    throw badRequest(
      `invalid continue token: continue key is not valid: json: cannot unmarshal ${typeof token.rv === 'number' ? `number ${token.rv}` : typeof token.rv} into Go struct field continueToken.rv of type int64`,
    )
  if (typeof token.rv !== 'number' || token.rv === 0)
    throw badRequest('invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof token.start !== 'string' || token.start === '')
    throw badRequest('invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)')
  return { revision: token.rv, start: token.start }
}

function parsed(bytes: Buffer): { readonly v?: unknown; readonly rv?: unknown; readonly start?: unknown } {
  try {
    return (JSON.parse(bytes.toString()) ?? {}) as { readonly v?: unknown }
  } catch (error) {
    throw Object.assign(
      badRequest(`invalid continue token: continue key is not valid: invalid character ${shown(bytes[0] ?? 0)} looking for beginning of value`),
      { cause: error },
    )
  }
}

/** A byte as Go shows it. */
function shown(byte: number): string {
  return byte < 0x20 || byte > 0x7e ? `'\\u${byte.toString(16).padStart(4, '0')}'` : `'${String.fromCharCode(byte)}'`
}
