import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { bitString, boolean, context, integer, objectIdentifier, octetString, sequence, set, time, utf8String } from './der.ts'

/** PEM. The certificate vouches for itself: it is the authority that clients are told to trust. */
export type ServingCertificate = { readonly certPem: string; readonly keyPem: string }

const dayMs = 86_400_000
const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'))
const name = sequence(set(sequence(objectIdentifier('2.5.4.3'), utf8String('spillway-sandbox'))))

/**
 * A new key on P-256 and its certificate for loopback, of a year (RFC 5280). Of one shape, and so written out here: a library for all shapes took 24 MB and
 * 0.2 s of a start that shall take 1.5 s.
 */
export function issueCertificate(now: Date): ServingCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  // A clock that is a little behind, in a container of somebody's, shall not refuse it.
  const validity = sequence(time(new Date(now.getTime() - dayMs)), time(new Date(now.getTime() + 365 * dayMs)))
  const version3 = context(0, integer(Buffer.from([2])), true)
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' })
  const said = sequence(version3, integer(randomBytes(16)), ecdsaWithSha256, name, validity, name, subjectKey, context(3, extensions(), true))
  const signature = sign('sha256', said, privateKey)
  return {
    certPem: pem('CERTIFICATE', sequence(said, ecdsaWithSha256, bitString(signature))),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

function extensions(): Buffer {
  const names = [context(7, Buffer.from([127, 0, 0, 1])), ...['localhost', 'kubernetes.default.svc'].map((each) => context(2, Buffer.from(each)))]
  return sequence(
    // An authority, of no others.
    extension('2.5.29.19', sequence(boolean(true), integer(Buffer.from([0]))), true),
    // digitalSignature and keyCertSign.
    extension('2.5.29.15', bitString(Buffer.from([0b1000_0100]), 2), true),
    // serverAuth.
    extension('2.5.29.37', sequence(objectIdentifier('1.3.6.1.5.5.7.3.1')), false),
    extension('2.5.29.17', sequence(...names), false),
  )
}

function extension(identifier: string, value: Buffer, critical: boolean): Buffer {
  return sequence(objectIdentifier(identifier), ...(critical ? [boolean(true)] : []), octetString(value))
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
