import type { PodPhase, PodSpec } from '../../../api/pod.ts'
import { isRestarted, isRunning, type Member } from './record.ts'

/** How far its containers have brought a pod. `isEnding`: none of them is started again, whatever the policy says. */
export function phaseOf(spec: PodSpec, members: readonly Member[], isEnding: boolean): PodPhase {
  const inits = members.filter(({ role }) => role === 'init')
  const sidecars = members.filter(({ role }) => role === 'sidecar')
  const mains = members.filter(({ role }) => role === 'main')
  const hasBegun = mains.some(hasRun)
  if (inits.some((member) => exitCodeOf(member) !== undefined && exitCodeOf(member) !== 0 && spec.restartPolicy === 'Never')) return 'Failed'
  if (!hasBegun) {
    if (inits.some((member) => exitCodeOf(member) === undefined)) return 'Pending'
    if (sidecars.some((member) => !hasRun(member) || (isRunning(member) && member.record.run?.isStarted !== true))) return 'Pending'
  }
  if (mains.some((member) => !hasRun(member))) return 'Pending'
  if ([...sidecars, ...mains].some(isRunning)) return 'Running'
  const codes = mains.map((member) => exitCodeOf(member)!)
  if (!isEnding && codes.some((code) => isRestarted('main', spec, code))) return 'Running'
  return codes.every((code) => code === 0) ? 'Succeeded' : 'Failed'
}

/** Of its newest run; undefined while that lasts, and where there is none. */
export function exitCodeOf({ record }: Member): number | undefined {
  return record.run?.exit?.exitCode
}

function hasRun({ record }: Member): boolean {
  return record.run !== undefined
}

export function isTerminalPhase(phase: PodPhase | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}
