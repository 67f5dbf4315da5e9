import { setTimeout as sleep } from 'node:timers/promises'
import type { Container, Handler, Probe } from '../../../api/container.ts'
import { httpProbe, httpTarget, type PodAddress, portNumber, tcpProbe } from './network.ts'
import type { Outcome } from './threshold.ts'

/** What a command that ran within a container came to; undefined exit code: it was killed when its time was over. */
export type CommandResult = { readonly exitCode: number | undefined; readonly output: string } | { readonly error: string }
export type RunCommand = (command: readonly string[], timeoutMs: number, signal: AbortSignal) => Promise<CommandResult>

/** A running container, as probes and hooks see it. */
export type ProbeTarget = { readonly container: Container; readonly address: PodAddress; readonly run: RunCommand }

export async function runProbe(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<Outcome> {
  const { exec, httpGet, tcpSocket } = probe
  const seconds = probe.timeoutSeconds ?? 1
  const timeoutMs = seconds * 1_000
  const { container, address, run } = target
  if (exec !== undefined) {
    const command = exec.command ?? []
    const result = await run(command, timeoutMs, signal)
    if ('error' in result) return { kind: 'unknown', output: result.error }
    if (result.exitCode === undefined) return { kind: 'failure', output: `command timed out: "${command.join(' ')}" timed out after ${seconds}s` }
    return result.exitCode === 0 ? { kind: 'success' } : { kind: 'failure', output: result.output }
  }
  if (httpGet !== undefined) {
    const at = httpTarget(httpGet, container, address)
    return at === undefined ? unknownPort(httpGet.port) : httpProbe(at, timeoutMs)
  }
  if (tcpSocket !== undefined) {
    const port = portNumber(tcpSocket.port, container)
    if (port === undefined) return unknownPort(tcpSocket.port)
    return tcpSocket.host ? tcpProbe(tcpSocket.host, port, timeoutMs) : tcpProbe(address.ip, address.portOf(port), timeoutMs)
  }
  return { kind: 'success' }
}

const unknownPort = (port: number | string): Outcome => ({ kind: 'unknown', output: `couldn't find port: ${JSON.stringify(port)}` })

/** Runs a postStart or preStop hook; gives why it failed, as there. Ends early when the signal aborts. */
export async function runHook(hook: Handler, target: ProbeTarget, { pod, timeoutMs, signal }: HookLimits): Promise<string | undefined> {
  const { exec, httpGet, tcpSocket, sleep: pause } = hook
  const { container, address, run } = target
  const about = (what: string, detail: string): string =>
    `${what} lifecycle hook (${detail}) for Container "${container.name}" in Pod "${pod}" failed`
  if (exec !== undefined) {
    const command = exec.command ?? []
    const result = await run(command, timeoutMs, signal)
    const said = about('Exec', `[${command.join(' ')}]`)
    if ('error' in result) return `${said} - error: ${result.error}, message: ""`
    if (result.exitCode === 0) return undefined
    const because = result.exitCode === undefined ? 'timed out' : `exited with ${result.exitCode}`
    return `${said} - error: command '${command.join(' ')}' ${because}: ${result.output}, message: ${JSON.stringify(result.output)}`
  }
  if (httpGet !== undefined) {
    const at = httpTarget(httpGet, container, address)
    const outcome = at === undefined ? unknownPort(httpGet.port) : await httpProbe(at, timeoutMs)
    return outcome.kind === 'success' ? undefined : `${about('HTTP', httpGet.path ?? '/')} - error: ${outcome.output}`
  }
  if (tcpSocket !== undefined) return `${about('TCP', String(tcpSocket.port))} - error: no such hook`
  if (pause !== undefined) await sleep(Math.min(pause.seconds * 1_000, timeoutMs), undefined, { signal }).catch(() => undefined)
  return undefined
}

export type HookLimits = {
  /** `NAME_NAMESPACE(UID)`. */
  readonly pod: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}
