import type { KubeObject } from '../../api/meta.ts'
import type { Pod } from '../../api/pod.ts'
import type { Rollout } from '../../api/rollout.ts'
import { scaleDownDeadlineAnnotation } from '../../api/rolloutLabels.ts'
import { msOf } from '../../api/time.ts'
import type { Job, ReplicaSet } from '../../api/workloads.ts'
import { type AnalysisRun, type Experiment, type Family, ownedBy } from '../cluster/family.ts'
import { ageOf, humanDuration } from './ages.ts'
import { iconOf, phaseOf } from './phase.ts'
import { podIcon, podSummary } from './podStatus.ts'
import { colored, type Line, type Piece, table } from './text.ts'
import { hashOf, replicaSetStatus, revisionOf, tagColors, tagsOf } from './versions.ts'

type Node = { readonly cells: readonly Line[]; readonly name: Line; readonly children: readonly Node[] }

/** Revisions, newest first; in each, ReplicaSets with their pods, then experiments, then analysis runs. */
export function rolloutTree(family: Family, now: number): readonly Line[] {
  const { rollout } = family
  const { phase } = phaseOf(rollout)
  const root = node('⟳', rollout, { kind: 'Rollout', status: [iconOf(phase), ` ${phase}`], now })
  return table([heading, ...rowsOf({ ...root, children: revisions(family, now) })])
}

export function experimentTree(experiment: Experiment, family: Family, now: number): readonly Line[] {
  return table([heading, ...rowsOf(experimentNode(experiment, family, now))])
}

const heading: readonly Line[] = [['NAME'], ['KIND'], ['STATUS'], ['AGE'], ['INFO']]

function revisions(family: Family, now: number): readonly Node[] {
  const { rollout } = family
  const replicaSets = ownedBy(rollout, family.replicaSets)
  const experiments = ownedBy(rollout, family.experiments)
  const runs = ownedBy(rollout, family.analysisRuns)
  const numbers = [...new Set([...replicaSets, ...experiments, ...runs].map(revisionOf))].sort((a, b) => b - a)
  return numbers.map((revision) => {
    const here = (object: KubeObject): boolean => revisionOf(object) === revision
    return {
      name: [`# revision:${revision}`],
      cells: [[], [], [], []],
      children: [
        ...replicaSets.filter(here).map((replicaSet) => replicaSetNode(replicaSet, rollout, family.pods, now)),
        ...experiments.filter(here).map((experiment) => experimentNode(experiment, family, now)),
        ...runs.filter(here).map((run) => runNode(run, family.jobs, now)),
      ],
    }
  })
}

function replicaSetNode(replicaSet: ReplicaSet, rollout: Rollout | undefined, pods: readonly Pod[], now: number): Node {
  const tags = rollout === undefined ? [] : tagsOf(rollout, hashOf(replicaSet))
  const deadlineMs = msOf(replicaSet.metadata.annotations?.[scaleDownDeadlineAnnotation])
  const status = replicaSetStatus(replicaSet)
  const facts: readonly Piece[] = [
    ...tags.map((tag): Piece => ({ text: tag, color: tagColors[tag] })),
    ...(deadlineMs === undefined ? [] : [`delay:${deadlineMs < now ? 'passed' : humanDuration(deadlineMs - now)}`]),
  ]
  const [tag] = tags.slice(-1)
  const it = node('⧉', replicaSet, { kind: 'ReplicaSet', status: [iconOf(status), ` ${status}`], facts, now })
  return {
    ...it,
    name: tag === undefined ? it.name : ['⧉ ', { text: replicaSet.metadata.name, color: tagColors[tag] }],
    children: ownedBy(replicaSet, pods).map((pod) => podNode(pod, now)),
  }
}

function podNode(pod: Pod, now: number): Node {
  const { status, ready, restarts } = podSummary(pod)
  const facts = [`ready:${ready}`, ...(restarts > 0 ? [`restarts:${restarts}`] : [])]
  return node('□', pod, { kind: 'Pod', status: [podIcon(status), ` ${status}`], facts, now })
}

function experimentNode(experiment: Experiment, family: Family, now: number): Node {
  const status = experiment.status?.phase || 'Pending'
  return {
    ...node('Σ', experiment, { kind: 'Experiment', status: [iconOf(status), ` ${status}`], now }),
    children: [
      ...ownedBy(experiment, family.replicaSets).map((replicaSet) => replicaSetNode(replicaSet, undefined, family.pods, now)),
      ...ownedBy(experiment, family.analysisRuns).map((run) => runNode(run, family.jobs, now)),
    ],
  }
}

function runNode(run: AnalysisRun, jobs: readonly Job[], now: number): Node {
  const status = run.status?.phase || 'Pending'
  const { successful = 0, failed = 0, inconclusive = 0, error = 0 } = run.status?.runSummary ?? {}
  const counts: readonly (readonly [status: string, count: number])[] = [
    ['Successful', successful],
    ['Failed', failed],
    ['Inconclusive', inconclusive],
    ['Error', error],
  ]
  const shown = counts.filter(([, count]) => count > 0)
  const info = shown.flatMap(([status, count], index): Piece[] => [...(index === 0 ? [] : [',']), iconOf(status), ` ${count}`])
  const it = node('α', run, { kind: 'AnalysisRun', status: [iconOf(status), ` ${status}`], now })
  const names = new Set(run.status?.metricResults?.flatMap(({ measurements = [] }) => measurements.map(({ metadata }) => metadata?.['job-name'])))
  const own = jobs.filter(({ metadata }) => names.has(metadata.name))
  return { ...it, cells: [...it.cells.slice(0, 3), info], children: own.map((job) => jobNode(job, now)) }
}

function jobNode(job: Job, now: number): Node {
  const ended = (type: string): boolean =>
    job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
  const status = ended('Failed') ? 'Failed' : ended('Complete') ? 'Successful' : 'Running'
  return node('⊞', job, { kind: 'Job', status: [iconOf(status), ` ${status}`], now })
}

type Row = { readonly kind: string; readonly status: Line; readonly facts?: readonly Piece[]; readonly now: number }

function node(sign: string, { metadata }: KubeObject, { kind, status, facts = [], now }: Row): Node {
  const info = facts.flatMap((fact, index): Piece[] => (index === 0 ? [fact] : [',', fact]))
  const age = ageOf(metadata.creationTimestamp, now)
  return { name: [`${sign} `, colored(metadata.name, undefined)], cells: [[kind], status, [age], info], children: [] }
}

function rowsOf({ name, cells, children }: Node, first = '', rest = ''): readonly (readonly Line[])[] {
  const below = children.flatMap((child, index) =>
    index === children.length - 1 ? rowsOf(child, `${rest}└──`, `${rest}   `) : rowsOf(child, `${rest}├──`, `${rest}│  `),
  )
  return [[[first, ...name], ...cells], ...below]
}
