import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CertificateFiles } from '../../../src/edge/config.ts'

const run = promisify(execFile)

/** What a certificate says: as subjectAltName has it (`DNS:a.example`), and how long it holds; 0 days: it has expired when it is a second old. */
export type Wanted = { readonly names: readonly string[]; readonly days?: number; readonly kind?: 'ec' | 'rsa' }
export type Pem = { readonly cert: string; readonly key: string }

export type Workshop = {
  readonly folder: string
  make(wanted: Wanted): Promise<Pem>
  /** Makes it into files of this name. */
  issue(name: string, wanted: Wanted): Promise<CertificateFiles>
  remove(): Promise<void>
}

/** A folder with certificates made by openssl; each signs itself. */
export async function openWorkshop(): Promise<Workshop> {
  const folder = await mkdtemp(join(tmpdir(), 'certificates-'))
  let made = 0

  async function make({ names, days = 30, kind = 'ec' }: Wanted): Promise<Pem> {
    const config = join(folder, `${++made}.cnf`)
    const [key, request] = [`${config}.key`, `${config}.csr`]
    const san = names.length === 0 ? '' : `subjectAltName=${names.join(',')}`
    await writeFile(config, `[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=serial ${made}\n[v3]\n${san}\n`)
    const algorithm = kind === 'rsa' ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
    await run('openssl', ['req', '-new', '-nodes', '-config', config, ...algorithm, '-keyout', key, '-out', request])
    const signing = ['-signkey', key, '-days', String(days), ...(san === '' ? [] : ['-extfile', config, '-extensions', 'v3'])]
    const cert = (await run('openssl', ['x509', '-req', '-in', request, ...signing])).stdout
    return { cert, key: (await run('openssl', ['pkey', '-in', key])).stdout }
  }

  return {
    folder,
    make,
    async issue(name, wanted) {
      const pem = await make(wanted)
      const files = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
      await Promise.all([writeFile(files.cert, pem.cert), writeFile(files.key, pem.key)])
      return files
    },
    remove: () => rm(folder, { recursive: true }),
  }
}
