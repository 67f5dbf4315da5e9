/** What a verb that talks to a cluster works with. */
import type { CallOptions, KubeClient } from '../kube/client.ts'
import type { Environment } from '../kube/execPlugin.ts'
import { patient } from './cluster/patient.ts'
import { clusterChoice } from './flags/clusterFlags.ts'
import type { Flags } from './verb.ts'
import type { Line, Look } from './views/text.ts'
import { renderLines } from './views/text.ts'

export type Output = {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** The process, as far as verbs see it. */
export type Surroundings = {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly env: Environment
  /** Milliseconds since 1970. */
  now(): number
}

export type Session = {
  readonly client: KubeClient
  readonly namespace: string
  /** How the user calls this program. */
  readonly program: string
  readonly surroundings: Surroundings
  /** A line of the result. */
  say(text: string): void
  /** Lines of the result, fit for where they go. */
  show(lines: readonly Line[]): void
  /** What is no result. */
  note(text: string): void
  look(): Look
}

export type Opened = Session & {
  /** For messages: where the API server is. */
  readonly server: string
  close(): Promise<void>
}

/** Rejects with what is wrong with the flags or the kubeconfig. Nothing is sent yet. */
export async function openSession(flags: Flags, program: string, surroundings: Surroundings): Promise<Opened> {
  const choice = clusterChoice(flags)
  const { stdout, stderr, env } = surroundings
  const note = (text: string): void => void stderr.write(`${program}: ${text}\n`)
  const [{ openConnection }, { openLightTransport }, { openClient }] = await Promise.all([
    import('../kube/connection.ts'),
    import('../kube/lightTransport.ts'),
    import('../kube/client.ts'),
  ])
  if (choice.hasToken) note('warning: --token stands in the list of processes and in the history of the shell; put it into a kubeconfig')
  const connection = await openConnection(choice.source, env)
  if (connection.isInsecure)
    note(`warning: the certificate of ${connection.server} is not checked: anybody on the way can read and change what is sent`)
  const transport = openLightTransport(connection)
  const look = (): Look => lookOf(stdout, env, flags['color'] === false)
  const calls: CallOptions = choice.requestTimeoutMs === undefined ? {} : { timeoutMs: choice.requestTimeoutMs || endlessMs }
  return {
    client: patient(openClient(transport), calls),
    namespace: choice.namespace ?? connection.namespace,
    program,
    surroundings,
    server: connection.server,
    say: (text) => void stdout.write(`${text}\n`),
    show: (lines) => void stdout.write(renderLines(lines, look())),
    note,
    look,
    close: () => transport.close(),
  }
}

/** 24 days: the longest that a timer can wait. */
const endlessMs = 2 ** 31 - 1

/** Colours and cuts are for people at a terminal alone. */
export function lookOf(output: Output, env: Environment, isPlain: boolean): Look {
  if (output.isTTY !== true) return { colors: false }
  const colors = !isPlain && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
  return { colors, columns: output.columns }
}
