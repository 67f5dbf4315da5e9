import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

/** Whose name stands in the tokens, and the audience of those that are for the API server itself. */
export const issuer = 'https://kubernetes.default.svc.cluster.local'

/** Claims of a ServiceAccount's token. Times in seconds since 1970. */
export type Claims = {
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly nbf: number
  readonly iss: string
  readonly jti: string
  readonly sub: string
  readonly 'kubernetes.io': {
    readonly namespace: string
    readonly serviceaccount: Named
    readonly pod?: Named
    readonly secret?: Named
    readonly node?: Named
  }
}
export type Named = { readonly name: string; readonly uid: string }

/** Signs and reads tokens (RFC 7519, ES256). */
export type TokenSigner = {
  sign(claims: Claims): string
  /** The claims of a token that was signed with this key; undefined for everything else. Times and audiences are the reader's to judge. */
  read(token: string): Claims | undefined
}

/** A key that a data folder keeps, so that tokens outlive a restart. PKCS #8. */
export function newSigningKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
}

export function tokenSigner(signingKeyPem: string): TokenSigner {
  const key = createPrivateKey(signingKeyPem)
  const publicKey = createPublicKey(key)
  const head = encode({ alg: 'ES256', kid: thumbprint(publicKey) })
  return {
    sign(claims) {
      const said = `${head}.${encode(claims)}`
      return `${said}.${sign('sha256', Buffer.from(said), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    },
    read(token) {
      const [givenHead, claims, signature, more] = token.split('.')
      if (givenHead !== head || claims === undefined || signature === undefined || more !== undefined) return undefined
      const said = Buffer.from(`${head}.${claims}`)
      if (!verify('sha256', said, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) return undefined
      // Signed here, so it is what was encoded here.
      return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Claims
    },
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function thumbprint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
}
