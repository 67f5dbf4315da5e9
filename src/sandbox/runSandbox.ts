import { type ImageProgram, parseImageProgram } from './kubelet/images.ts'
import { startSandbox } from './startSandbox.ts'

export type RunOptions = {
  readonly port: number
  readonly data: string | undefined
  readonly kubeconfig: string | undefined
  /** `PATTERN=COMMAND` each: the program that stands for an image. */
  readonly images: readonly string[]
  /** Programs that stand for images without being asked for. */
  readonly builtin: readonly ImageProgram[]
  /** Where those programs are started. */
  readonly workingDirectory: string
  /** What they are given: PATH and the like. */
  readonly variables: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
}

/** Runs a sandbox until the signal, and tells the user what to type. */
export async function runSandbox(options: RunOptions): Promise<void> {
  const { port, data, kubeconfig, signal, stdout, stderr, workingDirectory, variables } = options
  const onError = (what: string, error: unknown): void => {
    stderr.write(`spillway sandbox: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  }
  const images = [...options.builtin, ...options.images.map(imageProgram)]
  const sandbox = await startSandbox({ port, dataFolder: data, kubeconfig, pods: { images, workingDirectory, variables }, onError })
  stdout.write(welcome({ url: sandbox.server.url, kubeconfig: sandbox.kubeconfig, data }))
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await sandbox.stop()
}

function imageProgram(text: string): ImageProgram {
  const program = parseImageProgram(text)
  if (program === undefined)
    throw new Error(`--image is ${JSON.stringify(text)}, in which a quote is not closed; write it as --image 'shop:*=node shop.js'`)
  return program
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
