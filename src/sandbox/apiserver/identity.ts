import { randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueCertificate, type ServingCertificate } from './auth/certificate.ts'
import { newSigningKey } from './auth/token.ts'

/** By what clients know a sandbox, and it them. */
export type Identity = { readonly certificate: ServingCertificate; readonly adminToken: string; readonly signingKeyPem: string }

/** A certificate that ends sooner is replaced at the next start. */
const leastLeftMs = 30 * 86_400_000

export function newIdentity(nowMs: number, adminToken?: string): Identity {
  const certificate = issueCertificate(new Date(nowMs))
  return { certificate, adminToken: adminToken ?? randomBytes(24).toString('base64url'), signingKeyPem: newSigningKey() }
}

/** The identity that a data folder keeps, so that a kubeconfig and tokens outlive a restart; made at the first. */
export function identityIn(folder: string, nowMs: number, adminToken?: string): Identity {
  const path = join(folder, 'identity.json')
  const kept = read(path)
  const isLasting = kept !== undefined && Date.parse(new X509Certificate(kept.certificate.certPem).validTo) - nowMs > leastLeftMs
  const fresh = isLasting
    ? kept
    : { ...newIdentity(nowMs), ...(kept !== undefined && { adminToken: kept.adminToken, signingKeyPem: kept.signingKeyPem }) }
  const identity = adminToken === undefined ? fresh : { ...fresh, adminToken }
  if (kept === undefined || identity !== kept) {
    writeFileSync(`${path}.new`, JSON.stringify(identity), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  return identity
}

function read(path: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Identity
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Error(`${path} cannot be read; remove it for a new certificate and new tokens`, { cause: error })
  }
}
