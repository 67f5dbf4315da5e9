import { createPrivateKey, type KeyObject, X509Certificate } from '../../lib/crypto.ts'
import type { CertificateFiles } from '../config.ts'
import { type Content, readContent, sameContent } from '../source/file/content.ts'
import type { Certificate } from './material.ts'
import { namesOf } from './names.ts'

export type Loaded = Certificate & { readonly fingerprint: string; readonly expiresAt: Date }

/** Why the files are of no use, without a byte of what they hold. */
export type CertificateFault = {
  readonly kind: 'fault'
  /** Which of the two is to be mended. */
  readonly part: 'cert' | 'key'
  readonly file: string
  readonly message: string
  readonly fix: string
}
export type CertificateOutcome = { readonly kind: 'loaded'; readonly loaded: Loaded } | CertificateFault

/** Reads a certificate and its key, and makes sure that handshakes can be done with them. Expired ones pass: see `expiresAt`. */
export async function loadCertificate(files: CertificateFiles): Promise<CertificateOutcome> {
  const told = (part: 'cert' | 'key', message: string, fix: string): CertificateFault => ({ kind: 'fault', part, file: files[part], message, fix })
  const contents = await readPair(files)
  const texts = { cert: '', key: '' }
  for (const part of ['cert', 'key'] as const) {
    const content = contents[part]
    if (content.kind === 'unreadable') return told(part, `cannot be read (${content.reason})`, 'name a file that this user can read')
    texts[part] = Buffer.from(content.bytes).toString('latin1')
    if (texts[part].trim() === '') return told(part, 'is empty', `write the ${part === 'cert' ? 'certificate' : 'private key'} into it, in PEM`)
  }
  return judgeCertificate(texts, told, files.cert)
}

type Texts = { readonly cert: string; readonly key: string }
type Tell<F> = (part: 'cert' | 'key', message: string, fix: string) => F

/** Whether handshakes can be done with them. `where`: what the certificate is in, for the message about its key. */
export async function judgeCertificate<F>(
  texts: Texts,
  told: Tell<F>,
  where: string,
): Promise<{ readonly kind: 'loaded'; readonly loaded: Loaded } | F> {
  const certificate = tried(() => (texts.cert.includes('-----BEGIN CERTIFICATE-----') ? new X509Certificate(texts.cert) : undefined))
  if (certificate === undefined) return told('cert', 'holds no certificate in PEM', 'write one that begins with -----BEGIN CERTIFICATE-----')
  if (/^-----BEGIN ENCRYPTED|^Proc-Type:.*ENCRYPTED/m.test(texts.key)) return told('key', 'is encrypted', 'store the key without a passphrase')
  const key = tried((): KeyObject => createPrivateKey(texts.key))
  if (key === undefined) return told('key', 'holds no private key in PEM', 'write one that begins with -----BEGIN PRIVATE KEY-----')
  if (!certificate.checkPrivateKey(key)) return told('key', `is not the key of the certificate in ${where}`, 'put the two that belong together')
  const refusal = await refusalOf(texts)
  if (refusal !== undefined) return told('cert', `cannot be used (${refusal})`, 'take a certificate with a key of today’s size')
  return {
    kind: 'loaded',
    loaded: {
      ...texts,
      names: namesOf(certificate.subjectAltName),
      fingerprint: certificate.fingerprint256,
      expiresAt: new Date(certificate.validTo),
    },
  }
}

const readsMaximum = 5

/** Both as of one moment: read again where the certificate has changed while its key was read. */
async function readPair(files: CertificateFiles): Promise<{ readonly cert: Content; readonly key: Content }> {
  let cert = await readContent(files.cert)
  for (let reads = 1; ; reads++) {
    const key = await readContent(files.key)
    const after = await readContent(files.cert)
    if (reads === readsMaximum || sameContent(cert, after)) return { cert: after, key }
    cert = after
  }
}

/** What OpenSSL says has parts of the input in it at worst: not repeated. */
function tried<T>(parse: () => T | undefined): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}

async function refusalOf(texts: { readonly cert: string; readonly key: string }): Promise<string | undefined> {
  const { secureContextOf } = await import('./contexts.ts')
  try {
    secureContextOf(texts, '1.2', new Uint8Array(48))
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'refused by OpenSSL'
  }
}
