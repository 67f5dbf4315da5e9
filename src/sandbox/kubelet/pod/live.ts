import { findExecutable } from '../environment/command.ts'
import type { Variables } from '../environment/variables.ts'
import type { CommandResult, ProbeTarget } from '../probes/handler.ts'
import type { Prober } from '../probes/prober.ts'
import type { Child, Processes } from '../processes/processes.ts'

/** A container whose process runs. */
export type LiveContainer = {
  readonly runId: string
  readonly child: Child
  readonly target: ProbeTarget
  prober: Prober | undefined
  /** The last of what it wrote. */
  readonly lastWords: () => string
}

export type Surroundings = { readonly processes: Processes; readonly directory: string; readonly variables: Variables; readonly containerId: string }

/** What a probe's or a hook's command may say. */
const outputMaximum = 10 * 1024

/** Runs a command as if within a container. */
export async function runWithin(
  { processes, directory, variables, containerId }: Surroundings,
  command: readonly string[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CommandResult> {
  const found = findExecutable(command[0] ?? '', { path: variables['PATH'], directory })
  if ('error' in found) return { error: found.error }
  const output: Buffer[] = []
  let length = 0
  const child = await processes.start({
    file: found.file,
    args: command.slice(1),
    directory,
    variables,
    containerId: `${containerId}-exec`,
    onOutput(_, chunk) {
      if (length < outputMaximum) output.push(chunk)
      length += chunk.length
    },
  })
  let isLate = false
  const kill = (): void => {
    isLate = true
    child.signal('SIGKILL')
  }
  const late = setTimeout(kill, timeoutMs)
  if (signal.aborted) kill()
  else signal.addEventListener('abort', kill)
  const { exitCode } = await child.ended
  clearTimeout(late)
  signal.removeEventListener('abort', kill)
  return { exitCode: isLate ? undefined : exitCode, output: Buffer.concat(output).subarray(0, outputMaximum).toString() }
}

const lastWordsBytes = 2_048

/** Keeps the end of what goes through it. */
export function tailOf(): { add(chunk: Buffer): void; text(): string } {
  let tail: Buffer = Buffer.alloc(0)
  return {
    add(chunk) {
      tail = Buffer.concat([tail, chunk]).subarray(-lastWordsBytes)
    },
    text: () => tail.toString(),
  }
}
