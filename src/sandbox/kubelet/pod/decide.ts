import type { Pod } from '../../../api/pod.ts'
import { exitCodeOf, isTerminalPhase, phaseOf } from './phase.ts'
import { type Delay, isRestarted, isRunning, type Member, membersOf, type PodRecord } from './record.ts'

/** What is to be done for a pod now; the outcome goes into its record, and the next decision is made from that. */
export type Step =
  /** Volumes and an address. */
  | { readonly kind: 'prepare' }
  | { readonly kind: 'start'; readonly container: string; readonly attempt: number; readonly crashes: Delay | undefined }
  /** Tell that a container that crashes again and again waits. */
  | { readonly kind: 'backOff'; readonly container: string; readonly delayMs: number }
  | { readonly kind: 'kill'; readonly container: string; readonly message: string; readonly graceSeconds: number }
  /** End all that runs; `evict`, if it is not ending already, for this. */
  | { readonly kind: 'evict'; readonly reason: string; readonly message: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'finish' }

export type Decision = { readonly steps: readonly Step[]; readonly wakeAtMs: number | undefined }

/** Waits between starts of a container that ends too soon: doubled each time, forgotten when it has run for twice the longest. */
export type CrashBackoff = { readonly firstMs: number; readonly longestMs: number }

export const deadlineMessage = 'Pod was active on the node longer than the specified deadline'

export function decide(pod: Pod, record: PodRecord, nowMs: number, backoff: CrashBackoff): Decision {
  const plan = openPlan(nowMs)
  const members = membersOf(pod, record)
  if (record.isFinished) return plan.made()
  const isEnding = pod.metadata.deletionTimestamp !== undefined || record.eviction !== undefined
  if (isEnding || isOver(pod, members)) {
    plan.add(members.some(isRunning) ? { kind: 'stop' } : { kind: 'finish' })
    return plan.made()
  }
  const { activeDeadlineSeconds } = pod.spec
  if (activeDeadlineSeconds !== undefined) {
    const overMs = record.startedAtMs + activeDeadlineSeconds * 1_000
    if (nowMs >= overMs) plan.add({ kind: 'evict', reason: 'DeadlineExceeded', message: deadlineMessage })
    plan.wakeAt(overMs)
    if (nowMs >= overMs) return plan.made()
  }
  if (record.isPrepared) decideContainers(pod, members, backoff, plan)
  else if ((record.prepareAgainMs ?? 0) <= nowMs) plan.add({ kind: 'prepare' })
  else plan.wakeAt(record.prepareAgainMs!)
  return plan.made()
}

/** Those that the pod is there for have ended for good, whatever runs beside them. */
function isOver({ spec }: Pod, members: readonly Member[]): boolean {
  if (isTerminalPhase(phaseOf(spec, members, false))) return true
  return members.every((member) => member.role !== 'main' || (exitCodeOf(member) !== undefined && !isRestarted('main', spec, exitCodeOf(member)!)))
}

function decideContainers(pod: Pod, members: readonly Member[], backoff: CrashBackoff, plan: Plan): void {
  for (const { container, record } of members) {
    if (record.condemned !== undefined && record.run?.exit === undefined) plan.add({ kind: 'kill', container: container.name, ...record.condemned })
  }
  const hasBegun = members.some(({ role, record }) => role === 'main' && record.run !== undefined)
  for (const member of members) {
    const { role } = member
    // Init containers of a pod that runs are over, however they ended.
    if (role === 'init' && hasBegun) continue
    const isDone = role === 'init' ? exitCodeOf(member) === 0 : isRunning(member) && (role === 'main' || member.record.run!.isStarted)
    if (isDone) continue
    if (!isRunning(member)) decideStart(pod, member, backoff, plan)
    if (role !== 'main' && !hasBegun) return
  }
}

function decideStart({ spec }: Pod, { container, role, record }: Member, backoff: CrashBackoff, plan: Plan): void {
  const { name } = container
  const { run, crashes, againMs } = record
  if (againMs !== undefined && againMs > plan.nowMs) {
    plan.wakeAt(againMs)
    return
  }
  if (run?.exit === undefined) {
    plan.add({ kind: 'start', container: name, attempt: 0, crashes })
    return
  }
  const { exitCode, finishedAtMs } = run.exit
  if (!isRestarted(role, spec, exitCode)) return
  const isFresh = crashes === undefined || finishedAtMs - crashes.sinceMs > 2 * backoff.longestMs
  if (!isFresh && plan.nowMs - finishedAtMs < crashes.delayMs) {
    if (record.waiting?.reason !== 'CrashLoopBackOff') plan.add({ kind: 'backOff', container: name, delayMs: crashes.delayMs })
    plan.wakeAt(finishedAtMs + crashes.delayMs)
    return
  }
  const delayMs = isFresh ? backoff.firstMs : Math.min(2 * crashes.delayMs, backoff.longestMs)
  plan.add({ kind: 'start', container: name, attempt: run.attempt + 1, crashes: { delayMs, sinceMs: plan.nowMs } })
}

type Plan = { readonly nowMs: number; add(step: Step): void; wakeAt(ms: number): void; made(): Decision }

function openPlan(nowMs: number): Plan {
  const steps: Step[] = []
  let wakeAtMs: number | undefined
  return {
    nowMs,
    add(step) {
      steps.push(step)
    },
    wakeAt(ms) {
      wakeAtMs = Math.min(ms, wakeAtMs ?? ms)
    },
    made: () => ({ steps, wakeAtMs }),
  }
}
