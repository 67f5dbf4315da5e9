import type { CertificateFiles, CertificateSecret, EdgeConfig, SecretCertificate } from '../config.ts'

/** A certificate with its key, as workers use them. Never logged, never shown. */
export type Certificate = {
  /** PEM; with the certificates that lead to the root, if the file has them. */
  readonly cert: string
  readonly key: string
  /** Which hosts it is for; see `namesOf`. */
  readonly names: readonly string[]
}

/** The secrets of all TLS listeners: read by the main thread, the same in all workers. */
export type TlsMaterial = {
  /** 48 bytes: tickets that one worker gave are taken by all. */
  readonly ticketKeys: Uint8Array
  /** By `idOf` its files. */
  readonly certificates: ReadonlyMap<string, Certificate>
}

export function idOf(of: CertificateFiles | CertificateSecret): string {
  return 'secret' in of ? `secret ${of.secret}` : `${of.cert}\n${of.key}`
}

/** Where a configuration names a certificate by its files; `field` as in `listeners[0].tls.certificates[1]`. */
export type Mention = { readonly field: string; readonly files: CertificateFiles }

export function mentionsIn(config: Pick<EdgeConfig, 'listeners'>): readonly Mention[] {
  return config.listeners.flatMap(({ tls }, listener) =>
    (tls?.certificates ?? []).flatMap((files, index) =>
      'secret' in files ? [] : [{ field: `listeners[${listener}].tls.certificates[${index}]`, files }],
    ),
  )
}

/** Those that it names by Secret, and has. */
export function secretsIn({ listeners, secrets }: Pick<EdgeConfig, 'listeners' | 'secrets'>): readonly (readonly [id: string, SecretCertificate])[] {
  return listeners.flatMap(({ tls }) =>
    (tls?.certificates ?? []).flatMap((each) => {
      const found = 'secret' in each ? secrets?.get(each.secret) : undefined
      return found === undefined ? [] : [[idOf(each), found] as const]
    }),
  )
}
