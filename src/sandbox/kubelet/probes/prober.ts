import { setTimeout as sleep } from 'node:timers/promises'
import type { Probe } from '../../../api/container.ts'
import { type ProbeTarget, runProbe } from './handler.ts'
import { newTally, type Outcome, type ProbeKind, type Tally, tallied } from './threshold.ts'

export type ProberOptions = {
  readonly target: ProbeTarget
  /** Since the container runs, on the clock of `performance.now`. */
  readonly startedAt: number
  /** A verdict that differs from the one before. */
  readonly onVerdict: (kind: ProbeKind, verdict: 'success' | 'failure') => void
  /** Each probe that did not succeed. */
  readonly onTrouble: (kind: ProbeKind, outcome: Exclude<Outcome, { kind: 'success' }>) => void
  readonly onUnsupported: (kind: ProbeKind, what: string) => void
}

/** Probes of one run of a container. Each ends with its run, or when `stop` names it. */
export type Prober = { stop(kinds?: readonly ProbeKind[]): void }

/** No program answers at once; the real kubelet, too, comes by some time within the first period. */
const firstMs = 500

export function startProber({ target, startedAt, onVerdict, onTrouble, onUnsupported }: ProberOptions): Prober {
  const { startupProbe, readinessProbe, livenessProbe } = target.container
  const running = new Map<ProbeKind, AbortController>()

  async function probeAgainAndAgain(kind: ProbeKind, probe: Probe, signal: AbortSignal): Promise<void> {
    let tally: Tally = newTally
    await until(startedAt + Math.max((probe.initialDelaySeconds ?? 0) * 1_000, firstMs), signal)
    for (let dueAt = performance.now(); !signal.aborted; await until(dueAt, signal)) {
      const outcome = await runProbe(probe, target, signal)
      if (signal.aborted) return
      if (outcome.kind !== 'success') onTrouble(kind, outcome)
      const before = tally.verdict
      tally = tallied(tally, outcome, probe)
      if (tally.verdict !== undefined && tally.verdict !== before) {
        onVerdict(kind, tally.verdict)
        if (kind === 'startup' && tally.verdict === 'success') {
          startOthers()
          return
        }
        // The container is killed; its next run begins anew.
        if (kind !== 'readiness' && tally.verdict === 'failure') return
      }
      dueAt = Math.max(dueAt + (probe.periodSeconds ?? 10) * 1_000, performance.now())
    }
  }

  function start(kind: ProbeKind, probe: Probe | undefined): void {
    if (probe === undefined) return
    if (probe.grpc !== undefined) {
      onUnsupported(kind, 'grpc')
      onVerdict(kind, 'success')
      if (kind === 'startup') startOthers()
      return
    }
    const controller = new AbortController()
    running.set(kind, controller)
    void probeAgainAndAgain(kind, probe, controller.signal)
  }

  function startOthers(): void {
    start('readiness', readinessProbe)
    start('liveness', livenessProbe)
  }

  if (startupProbe !== undefined) start('startup', startupProbe)
  else startOthers()
  return {
    stop(kinds = ['startup', 'readiness', 'liveness']) {
      for (const kind of kinds) running.get(kind)?.abort()
    },
  }
}

async function until(at: number, signal: AbortSignal): Promise<void> {
  const ms = at - performance.now()
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => undefined)
}
