import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type Server = {
  get<T>(path: string): Promise<T>
  /** What the server says of a body; nothing is stored. */
  messageFor(path: string, body: unknown): Promise<string>
  close(): void
}

/** The server of $KUBECONFIG, through `kubectl proxy`. */
export async function openServer(): Promise<Server> {
  const proxy = spawn('kubectl', ['proxy', '--port=0', '--reject-methods=^$'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(proxy.stdout), 'line', { signal: AbortSignal.timeout(10_000) })) as [string]
  const address = `http://${line.replace(/^.* on /, '')}`
  return {
    async get<T>(path: string) {
      const answer = await fetch(`${address}${path}`)
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as T
    },
    async messageFor(path, body) {
      const answer = await fetch(`${address}${path}?dryRun=All`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return ((await answer.json()) as { message?: string }).message ?? ''
    },
    close: () => void proxy.kill(),
  }
}
