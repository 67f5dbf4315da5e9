import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** PEM files; `both` holds the two, as haproxy wants it. `env`: for whoever serves them. */
export type CertificateFiles = { readonly cert: string; readonly key: string; readonly both: string; readonly env: Readonly<Record<string, string>> }

/** What all contenders are held to, so that none has a cheaper handshake or cipher. */
export const tlsVersion = '1.3'
export const tlsCipher = 'TLS_AES_256_GCM_SHA384'

/**
 * No server gives session tickets. wrk would resume with the last one it got: nearly all handshakes with a server that renews tickets, as NGINX does, and
 * one in two with OpenSSL in Node, which does not; so they would not be compared at the same thing. What each program's OpenSSL reads at its start.
 */
const withoutTickets = `openssl_conf = start
nodejs_conf = start
[start]
ssl_conf = programs
[programs]
system_default = everywhere
[everywhere]
NumTickets = 0
`

/** A key on P-256, as most certificates have today, for shop.example. */
export function makeCertificate(directory: string): CertificateFiles {
  const files = {
    cert: join(directory, 'tls.crt'),
    key: join(directory, 'tls.key'),
    both: join(directory, 'tls.pem'),
    env: { OPENSSL_CONF: join(directory, 'openssl.cnf') },
  }
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30']
  const named = ['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example']
  execFileSync('openssl', [...kind, ...named, '-keyout', files.key, '-out', files.cert], { stdio: 'ignore', timeout: 10_000 })
  writeFileSync(files.both, `${readFileSync(files.cert, 'utf8')}${readFileSync(files.key, 'utf8')}`, { mode: 0o600 })
  writeFileSync(files.env.OPENSSL_CONF, withoutTickets)
  return files
}
