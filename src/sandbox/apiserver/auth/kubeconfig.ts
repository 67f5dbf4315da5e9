import { randomUUID } from 'node:crypto'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'

export type Access = {
  /** `https://127.0.0.1:6443` */
  readonly url: string
  readonly caPem: string
  readonly token: string
  readonly namespace?: string
}

/** A kubeconfig with one cluster, user and context, all called `spillway-sandbox`. */
export function kubeconfig({ url, caPem, token, namespace = 'default' }: Access): string {
  const name = 'spillway-sandbox'
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  })
}

/** Nobody else may read it, from its first byte on; a reader sees the old file or the new one. */
export function writeKubeconfig(path: string, access: Access): void {
  const temporary = `${path}.${randomUUID()}`
  try {
    writeFileSync(temporary, kubeconfig(access), { mode: 0o600, flag: 'wx' })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new Error(`the kubeconfig ${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
