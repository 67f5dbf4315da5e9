import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { normalise } from './transcript.ts'

/** Where Kubernetes' own programs are. */
export const kubeBin = process.env['KUBE_BIN'] ?? join(homedir(), '.cache/spillway-kube/bin')

export type Shell = {
  /** What a command printed on both streams, and how it ended where not with 0. */
  run(command: string): Promise<string>
  close(): void
}

const commandMs = 60_000

/** A shell in a folder of its own with the files of the transcripts, where `kubectl` is the one in `bin`. */
export function openShell(kubeconfig: string, bin = kubeBin): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'clients-'))
  cpSync(new URL('files', import.meta.url).pathname, folder, { recursive: true })
  const env = { HOME: folder, PATH: `${bin}:${folder}:${process.env['PATH']}`, KUBECONFIG: kubeconfig, LC_ALL: 'C.UTF-8' }
  return {
    async run(command) {
      const child = spawn('bash', ['-c', `exec 2>&1; set -o pipefail\n${command}`], {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      })
      // With all that it started.
      const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), commandMs)
      let printed = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text))
      const [code, signal] = await once(child, 'close')
      clearTimeout(late)
      const ended = code === 0 ? '' : `[${signal ?? `exit ${code}`}]`
      return normalise(`${printed.replaceAll(folder, 'FOLDER').trimEnd()}\n${ended}`)
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
