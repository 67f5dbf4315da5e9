import { startSandbox } from './startSandbox.ts'

export type RunOptions = {
  readonly port: number
  readonly data: string | undefined
  readonly kubeconfig: string | undefined
  /** `PATTERN=COMMAND` each: the program that stands for an image. */
  readonly images: readonly string[]
  readonly signal: AbortSignal
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** Runs a sandbox until the signal, and tells the user what to type. */
export async function runSandbox({ port, data, kubeconfig, signal, stdout, stderr }: RunOptions): Promise<void> {
  const onError = (what: string, error: unknown): void => {
    stderr.write(`spillway sandbox: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
  const sandbox = await startSandbox({ port, dataFolder: data, kubeconfig, onError })
  stdout.write(welcome({ url: sandbox.server.url, kubeconfig: sandbox.kubeconfig, data }))
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await sandbox.stop()
}

type Welcome = { readonly url: string; readonly kubeconfig: string; readonly data: string | undefined }

/** What a user reads when the sandbox is ready. */
export function welcome({ url, kubeconfig, data }: Welcome): string {
  const keeping =
    data === undefined ? 'Nothing is kept when it ends; --data DIR keeps it.' : `Kept in ${data}: start it with the same --data to go on.`
  return `A Kubernetes cluster is ready at ${url}

  export KUBECONFIG=${quoted(kubeconfig)}
  kubectl get namespaces
  kubectl create deployment web --image=spillway/demo:v1
  kubectl get pods -A

${keeping} Ctrl-C ends it.
`
}

/** As a shell takes it as one word. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
