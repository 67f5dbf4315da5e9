import type { Pod } from '../../../api/pod.ts'
import type { Told } from '../../events.ts'
import { runHook } from '../probes/handler.ts'
import { startProber } from '../probes/prober.ts'
import { condemnation, failureMessage, type ProbeKind } from '../probes/threshold.ts'
import type { Ended } from '../processes/processes.ts'
import { fullName, type PodContext, type RunningContainer } from './context.ts'
import type { Step } from './decide.ts'
import { type Grace, openGrace } from './grace.ts'
import type { LiveContainer } from './live.ts'
import { type ContainerRecord, isRestarted, membersOf, type PodRecord, roleOf, withContainer } from './record.ts'
import { type Ground, portOf, startContainer } from './starting.ts'
import { stopContainer } from './stopping.ts'

export type CrewOptions = {
  readonly context: PodContext
  readonly pod: () => Pod
  readonly record: () => PodRecord
  readonly change: (record: PodRecord) => void
  readonly publish: () => void
  /** The pod is to end. */
  readonly ending: AbortSignal
  readonly tell: (told: Told, fieldPath?: string) => void
}

/** The running containers of a pod. What becomes of them goes into its record. */
export type Crew = {
  start(step: Extract<Step, { kind: 'start' }>, ground: Ground): Promise<void>
  backOff(step: Extract<Step, { kind: 'backOff' }>): void
  kill(step: Extract<Step, { kind: 'kill' }>): Promise<void>
  /** All at once, then those that run beside the others, the last of them first. */
  stopAll(grace: Grace): Promise<void>
  stopProbes(kinds?: readonly ProbeKind[]): void
  /** Whatever is being stopped has no longer than this. */
  hurry(ms: number): void
}

const defaultGraceSeconds = 30

export function openCrew({ context, pod, record, change, publish, ending, tell }: CrewOptions): Crew {
  const live = new Map<string, LiveContainer>()
  const stops = new Set<Grace>()

  const edit = (name: string, how: (container: ContainerRecord) => ContainerRecord): void => change(withContainer(record(), name, how))
  const fieldPath = (name: string): string =>
    `spec.${(pod().spec.initContainers ?? []).some((each) => each.name === name) ? 'initContainers' : 'containers'}{${name}}`
  const tellOf =
    (name: string) =>
    (told: Told): void =>
      tell(told, fieldPath(name))

  async function start({ container: name, attempt, crashes }: Extract<Step, { kind: 'start' }>, ground: Ground): Promise<void> {
    const found = membersOf(pod(), record()).find(({ container }) => container.name === name)
    if (found === undefined) return
    const { container, record: before } = found
    const started = await startContainer({ container, attempt, record: before, ground, context, tell: tellOf(name) })
    switch (started.kind) {
      case 'waiting': {
        const { reason, message, againMs, pulls } = started
        edit(name, (each) => ({ ...each, waiting: { reason, message }, againMs, ...(pulls !== undefined && { pulls }) }))
        return
      }
      case 'broken': {
        const waiting = { reason: 'RunContainerError', message: started.message }
        edit(name, (each) => ({ ...nextOf(each), run: started.run, waiting, ...(crashes && { crashes }) }))
        return
      }
      case 'running':
        edit(name, (each) => ({ ...nextOf(each), run: started.run, ...(crashes && { crashes }) }))
        await attend(name, started.live)
    }
  }

  /** From its start to the end of its postStart hook. */
  async function attend(name: string, container: LiveContainer): Promise<void> {
    live.set(name, container)
    const { target } = container
    const startedAt = performance.now()
    const told: RunningContainer = {
      pod: pod(),
      name,
      group: container.child.pid,
      ip: target.address.ip,
      port: portOf(target.container, target.address),
      tell: tellOf(name),
    }
    context.onRunning(told)
    // That nobody answers any more is no news then.
    void container.child.exited.then(() => container.prober?.stop())
    void container.child.ended.then((ended) => {
      context.onStopped(told)
      note(name, container, ended)
    })
    const hook = target.container.lifecycle?.postStart
    if (hook !== undefined) {
      const limits = { pod: fullName(pod()), timeoutMs: 2 ** 31 - 1, signal: ending }
      const failure = await Promise.race([runHook(hook, target, limits), container.child.ended.then(() => undefined)])
      if (failure !== undefined) {
        tellOf(name)({ type: 'Warning', reason: 'FailedPostStartHook', message: 'PostStartHook failed' })
        await stop(name, container, 'FailedPostStartHook', graceOfSpec())
        edit(name, (each) => ({ ...each, waiting: { reason: 'PostStartHookError', message: failure } }))
        return
      }
    }
    if (live.get(name) !== container) return
    const { startupProbe, readinessProbe } = target.container
    if (startupProbe === undefined) markRun(name, container, { isStarted: true, isReady: readinessProbe === undefined })
    container.prober = startProber({
      target,
      startedAt,
      onVerdict: (kind, verdict) => heed(name, container, kind, verdict),
      onTrouble: (kind, outcome) => tellOf(name)({ type: 'Warning', reason: 'Unhealthy', message: failureMessage(kind, outcome) }),
      onUnsupported: (kind, what) =>
        tellOf(name)({
          type: 'Warning',
          reason: 'ProbeUnsupported',
          message: `${kind} probes of type ${what} do not exist in this sandbox: taken for passed. Use httpGet, tcpSocket or exec.`,
        }),
    })
    if (ending.aborted) container.prober.stop(['startup', 'liveness'])
  }

  function markRun(name: string, { runId }: LiveContainer, facts: { readonly isStarted?: boolean; readonly isReady?: boolean }): void {
    edit(name, (each) => (each.run?.id === runId && each.run.exit === undefined ? { ...each, run: { ...each.run, ...facts } } : each))
  }

  function heed(name: string, container: LiveContainer, kind: ProbeKind, verdict: 'success' | 'failure'): void {
    if (live.get(name) !== container) return
    const { readinessProbe } = container.target.container
    if (kind === 'readiness') {
      markRun(name, container, { isReady: verdict === 'success' })
      publish()
    } else if (verdict === 'failure') condemn(name, container, kind)
    else if (kind === 'startup') markRun(name, container, { isStarted: true, ...(readinessProbe === undefined && { isReady: true }) })
  }

  function condemn(name: string, { target }: LiveContainer, kind: 'startup' | 'liveness'): void {
    const { container } = target
    const { spec } = pod()
    const probe = kind === 'startup' ? container.startupProbe : container.livenessProbe
    const graceSeconds = probe?.terminationGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? defaultGraceSeconds
    const message = condemnation(kind, name, isRestarted(roleOf(spec, container), spec, 137))
    edit(name, (each) => ({ ...each, condemned: { message, graceSeconds } }))
  }

  /** The program of a container has ended. */
  function note(name: string, container: LiveContainer, { exitCode }: Ended): void {
    container.prober?.stop()
    if (live.get(name) === container) live.delete(name)
    const policy = container.target.container.terminationMessagePolicy
    const message = policy === 'FallbackToLogsOnError' && exitCode !== 0 ? container.lastWords() : ''
    const exit = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAtMs: context.nowMs(), ...(message !== '' && { message }) }
    edit(name, (each) => {
      const { condemned: _, ...rest } = each
      return each.run?.id === container.runId ? { ...rest, run: { ...each.run, isStarted: false, isReady: false, exit } } : each
    })
    if (exitCode !== 0 && /EADDRINUSE|EACCES.*listen|address already in use/i.test(container.lastWords())) tellOf(name)(addressTaken(name, container))
  }

  const graceOfSpec = (): number => Math.max(1, pod().spec.terminationGracePeriodSeconds ?? defaultGraceSeconds)

  async function stop(name: string, container: LiveContainer, message: string, graceSeconds: number): Promise<void> {
    const grace = openGrace(graceSeconds * 1_000)
    stops.add(grace)
    try {
      await stopContainer(container, { pod: fullName(pod()), message, grace, tell: tellOf(name) })
    } finally {
      stops.delete(grace)
    }
  }

  return {
    start,
    backOff({ container: name, delayMs }) {
      tellOf(name)({ type: 'Warning', reason: 'BackOff', message: `Back-off restarting failed container ${name} in pod ${fullName(pod())}` })
      const message = `back-off ${durationText(delayMs)} restarting failed container=${name} pod=${fullName(pod())}`
      edit(name, (each) => ({ ...each, waiting: { reason: 'CrashLoopBackOff', message } }))
    },
    async kill({ container: name, message, graceSeconds }) {
      const container = live.get(name)
      if (container !== undefined) await stop(name, container, message, graceSeconds)
    },
    async stopAll(grace) {
      const message = (name: string): string => `Stopping container ${name}`
      const stopGently = async (name: string): Promise<void> => {
        const container = live.get(name)
        if (container !== undefined) await stopContainer(container, { pod: fullName(pod()), message: message(name), grace, tell: tellOf(name) })
      }
      const members = membersOf(pod(), record())
      await Promise.all(members.filter(({ role }) => role !== 'sidecar').map(({ container }) => stopGently(container.name)))
      for (const { container, role } of members.toReversed()) if (role === 'sidecar') await stopGently(container.name)
    },
    stopProbes(kinds) {
      for (const { prober } of live.values()) prober?.stop(kinds)
    },
    hurry(ms) {
      for (const grace of stops) grace.shorten(ms)
    },
  }
}

/** What stays of a container for its next run. */
function nextOf({ run, crashes, previous }: ContainerRecord): ContainerRecord {
  const last = run?.exit === undefined ? previous : { ...run, exit: run.exit }
  return { ...(last !== undefined && { previous: last }), ...(crashes !== undefined && { crashes }) }
}

/** As Go writes it: `500ms`, `10s`, `1m20s`, `5m0s`. */
function durationText(ms: number): string {
  if (ms < 1_000) return `${ms}ms`
  const seconds = ms / 1_000
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`
}

function addressTaken(name: string, { target }: LiveContainer): Told {
  const { address, container } = target
  const port = portOf(container, address)
  const own = port === undefined ? `$HOST, which is ${address.ip} for this pod` : `$HOST:$PORT, which is ${address.ip}:${port} for this pod`
  return {
    type: 'Warning',
    reason: 'AddressTaken',
    message: `Container ${name} could not listen where it wanted to. Pods share the addresses of this machine here; let it listen on ${own}`,
  }
}
