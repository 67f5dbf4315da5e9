export type Environment = Readonly<Record<string, string | undefined>>

/** A program that says who asks, as `client.authentication.k8s.io` has it. */
export type ExecPlugin = {
  readonly command: string
  readonly args: readonly string[]
  /** In addition to what this process has. */
  readonly env: Readonly<Record<string, string>>
  readonly apiVersion: string
  /** What its author tells those who lack it. */
  readonly installHint: string
  readonly provideClusterInfo: boolean
}

export type PluginAnswer = {
  readonly token: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  /** Wall clock, ms; undefined: until the server refuses it. */
  readonly expiresAtMs: number | undefined
}

/** Nobody is there to answer a question: a plugin that asks one is as good as hung. */
export const pluginMs = 30_000
const longestAnswer = 1024 * 1024

/** Rejects with what the plugin said on its standard error, shortened, and never with what it answered. `cluster`: for plugins that want to know. */
export async function askPlugin(plugin: ExecPlugin, cluster: unknown, env: Environment, timeoutMs = pluginMs): Promise<PluginAnswer> {
  const { command, args, apiVersion } = plugin
  const spec = { interactive: false, ...(plugin.provideClusterInfo && { cluster }) }
  const info = JSON.stringify({ apiVersion, kind: 'ExecCredential', spec })
  const options = {
    env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: info },
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: longestAnswer,
  } as const
  // Most connections need no plugin, and loading this takes a short command's tenth.
  const { execFile } = await import('node:child_process')
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      try {
        if (error !== null) throw new Error(failureOf(error, stderr, plugin, timeoutMs))
        resolve(answerIn(stdout, plugin))
      } catch (reason) {
        reject(reason)
      }
    })
    child.stdin?.end()
  })
}

function failureOf(error: Error & { code?: unknown; killed?: boolean }, stderr: string, plugin: ExecPlugin, timeoutMs: number): string {
  const name = `the credential plugin ${plugin.command}`
  const hint = plugin.installHint === '' ? '' : `; ${plugin.installHint.trim()}`
  if (error.code === 'ENOENT') return `${name} was not found: install it, or put it on the PATH${hint}`
  if (error.code === 'EACCES') return `${name} may not be run: check its mode`
  if (error.killed) return `${name} gave no answer within ${timeoutMs} ms`
  const said = withoutSecrets(stderr).trim().slice(-300)
  return `${name} failed (${typeof error.code === 'number' ? `exit code ${error.code}` : String(error.code ?? 'by a signal')})${said === '' ? '' : `: ${said}`}`
}

/** Not all plugins are careful with what they print. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/\beyJ[\w-]+(?:\.[\w-]*)*/g, '…')
    .replace(/\b(bearer|basic)\s+\S+/gi, '$1 …')
    .replace(/\b([\w-]*(?:token|password|secret|key))(["']?\s*[:=]\s*)\S+/gi, '$1$2…')
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
}

function answerIn(stdout: string, { command }: ExecPlugin): PluginAnswer {
  const name = `the credential plugin ${command}`
  let status: Readonly<Record<string, unknown>> | undefined
  try {
    const credential = JSON.parse(stdout) as { kind?: unknown; status?: Readonly<Record<string, unknown>> } | null
    if (credential?.kind === 'ExecCredential') status = credential.status
  } catch (error) {
    // Its message quotes what was printed.
    if (!(error instanceof SyntaxError)) throw error
  }
  const text = (field: string): string | undefined => {
    const value = status?.[field]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const [token, cert, key] = [text('token'), text('clientCertificateData'), text('clientKeyData')]
  if (token === undefined && (cert === undefined || key === undefined))
    throw new Error(`${name} printed no ExecCredential with a token or a certificate`)
  const expiresAtMs = Date.parse(text('expirationTimestamp') ?? '')
  return { token, cert, key, expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs }
}
