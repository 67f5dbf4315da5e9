import type { Unstructured } from '../../unstructured.ts'
import { column, humanDuration, spec, status, wide } from './cells.ts'
import { type Fields, fields, isFields, isSet, items, number, text } from './fields.ts'
import type { Column, RowCondition } from './kind.ts'

/** What `kubectl get pods` says of a pod. */
type Summary = { readonly ready: number; readonly total: number; readonly says: string; readonly restarts: number; readonly lastRestart: string }

/** Restarts, and when the last of them was; '' for never. */
type Restarts = { readonly count: number; readonly last: string }

const noRestarts: Restarts = { count: 0, last: '' }

function withRestarts({ count, last }: Restarts, container: Fields): Restarts {
  const finishedAt = text(fields(fields(container.lastState).terminated).finishedAt)
  return { count: count + number(container.restartCount), last: finishedAt > last ? finishedAt : last }
}

type Initialization = {
  /** Undefined once nothing more is to be initialized. */
  readonly says: string | undefined
  readonly readySidecars: number
  readonly restarts: Restarts
  readonly sidecarRestarts: Restarts
}

function initialization(pod: Unstructured): Initialization {
  const containers = items(spec(pod).initContainers)
  const sidecars = new Set(containers.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name))
  let [restarts, sidecarRestarts, readySidecars] = [noRestarts, noRestarts, 0]
  for (const [index, container] of items(status(pod).initContainerStatuses).entries()) {
    restarts = withRestarts(restarts, container)
    const isSidecar = sidecars.has(container.name)
    if (isSidecar) sidecarRestarts = withRestarts(sidecarRestarts, container)
    const { terminated } = fields(container.state)
    if (isFields(terminated) && number(terminated.exitCode) === 0) continue
    if (isSidecar && container.started === true) {
      if (container.ready === true) readySidecars++
      continue
    }
    return { says: `Init:${initReason(container) ?? `${index}/${containers.length}`}`, readySidecars, restarts, sidecarRestarts }
  }
  return { says: undefined, readySidecars, restarts, sidecarRestarts }
}

function initReason({ state }: Fields): string | undefined {
  const { terminated, waiting } = fields(state)
  if (isFields(terminated)) return exitReason(terminated)
  const reason = text(fields(waiting).reason)
  return reason === '' || reason === 'PodInitializing' ? undefined : reason
}

function exitReason({ reason, signal, exitCode }: Fields): string {
  return text(reason) || (number(signal) === 0 ? `ExitCode:${number(exitCode)}` : `Signal:${number(signal)}`)
}

function summaryOf(pod: Unstructured): Summary {
  const { phase, reason, conditions, containerStatuses } = status(pod)
  const init = initialization(pod)
  const gated = items(conditions).some((each) => each.type === 'PodScheduled' && each.reason === 'SchedulingGated')
  let says = init.says ?? (gated ? 'SchedulingGated' : text(reason) || text(phase))
  let [ready, restarts] = [init.readySidecars, init.restarts]
  if (init.says === undefined || hasCondition(conditions, 'Initialized')) {
    restarts = init.sidecarRestarts
    let isRunning = false
    for (const container of items(containerStatuses).toReversed()) {
      restarts = withRestarts(restarts, container)
      const { waiting, terminated, running } = fields(container.state)
      if (text(fields(waiting).reason) !== '') says = text(fields(waiting).reason)
      else if (isFields(terminated)) says = exitReason(terminated)
      else if (container.ready === true && isFields(running)) {
        isRunning = true
        ready++
      }
    }
    if (says === 'Completed' && isRunning) says = hasCondition(conditions, 'Ready') ? 'Running' : 'NotReady'
  }
  if (isSet(pod.metadata.deletionTimestamp)) {
    if (reason === 'NodeLost') says = 'Unknown'
    else if (phase !== 'Succeeded' && phase !== 'Failed') says = 'Terminating'
  }
  const sidecars = items(spec(pod).initContainers).filter(({ restartPolicy }) => restartPolicy === 'Always')
  return { ready, total: items(spec(pod).containers).length + sidecars.length, says, restarts: restarts.count, lastRestart: restarts.last }
}

function hasCondition(conditions: unknown, type: string): boolean {
  return items(conditions).some((each) => each.type === type && each.status === 'True')
}

function restartText({ restarts, lastRestart }: Summary, nowMs: number): string {
  return restarts === 0 || lastRestart === '' ? String(restarts) : `${restarts} (${humanDuration(nowMs - Date.parse(lastRestart))} ago)`
}

function gateText(pod: Unstructured): string {
  const gates = items(spec(pod).readinessGates)
  if (gates.length === 0) return '<none>'
  const conditions = items(status(pod).conditions)
  const open = gates.filter(({ conditionType }) => conditions.find(({ type }) => type === conditionType)?.status === 'True')
  return `${open.length}/${gates.length}`
}

export function rowConditions(pod: Unstructured): readonly RowCondition[] {
  const completed = { type: 'Completed', status: 'True' } as const
  if (status(pod).phase === 'Succeeded') return [{ ...completed, reason: 'Succeeded', message: 'The pod has completed successfully.' }]
  return status(pod).phase === 'Failed' ? [{ ...completed, reason: 'Failed', message: 'The pod failed.' }] : []
}

export const podColumns: readonly Column[] = [
  column('Ready', 'How many of its containers are ready.', (pod) => {
    const { ready, total } = summaryOf(pod)
    return `${ready}/${total}`
  }),
  column('Status', 'What its containers do, in one word.', (pod) => summaryOf(pod).says),
  column('Restarts', 'How often its containers were restarted, and when they were last.', (pod, nowMs) => restartText(summaryOf(pod), nowMs)),
]

export const podColumnsAfterAge: readonly Column[] = [
  wide('IP', 'Its address.', (pod) => text(items(status(pod).podIPs)[0]?.ip) || '<none>'),
  wide('Node', 'The node that it runs on.', (pod) => text(spec(pod).nodeName) || '<none>'),
  wide('Nominated Node', 'The node on which room is made for it.', (pod) => text(status(pod).nominatedNodeName) || '<none>'),
  wide('Readiness Gates', 'How many of its further conditions hold.', gateText),
]
