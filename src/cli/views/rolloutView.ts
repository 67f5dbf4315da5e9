/** `get rollout`: a head and a tree of all that belongs to it. */
import type { Rollout } from '../../api/rollout.ts'
import type { ReplicaSet } from '../../api/workloads.ts'
import type { Family } from '../cluster/family.ts'
import { ownedBy } from '../cluster/family.ts'
import { iconOf, phaseOf } from './phase.ts'
import { rolloutTree } from './rolloutTree.ts'
import { actualWeight, nextText, setWeight, stepPosition } from './steps.ts'
import type { Line, Piece } from './text.ts'
import { trafficLines } from './traffic.ts'
import { hashOf, tagColors, tagsOf, type VersionTag } from './versions.ts'

export type RolloutViewOptions = {
  readonly now: number
  /** How the user calls this program. */
  readonly program: string
  /** Whether traffic and what comes next are shown: more than Argo's own tool does. */
  readonly isWide: boolean
  /** Of the terminal. */
  readonly columns?: number | undefined
}

export function rolloutLines(family: Family, { now, program, isWide, columns }: RolloutViewOptions): readonly Line[] {
  const { rollout, missing } = family
  const next = isWide ? nextText(rollout, now, program) : undefined
  return [
    ...head(family),
    ...(next === undefined ? [] : [field('Next:', next)]),
    ...(isWide ? trafficLines(family.split, columns) : []),
    [],
    ...rolloutTree(family, now),
    ...missing.map((what): Line => [{ text: what, color: 'yellow' }]),
  ]
}

export function field(name: string, ...value: Line): Line {
  return [name.padEnd(17), ...value]
}

function head({ rollout, replicaSets }: Family): readonly Line[] {
  const { metadata, status = {} } = rollout
  const { phase, message } = phaseOf(rollout)
  const own = ownedBy(rollout, replicaSets)
  return [
    field('Name:', metadata.name),
    field('Namespace:', metadata.namespace ?? ''),
    field('Status:', iconOf(phase), ` ${phase}`),
    ...(message === '' ? [] : [field('Message:', message)]),
    ...strategyLines(rollout, own),
    ...imageLines(rollout, own),
    ['Replicas:'],
    field('  Desired:', String(rollout.spec.replicas ?? 1)),
    field('  Current:', String(status.replicas ?? 0)),
    field('  Updated:', String(status.updatedReplicas ?? 0)),
    field('  Ready:', String(status.readyReplicas ?? 0)),
    field('  Available:', String(status.availableReplicas ?? 0)),
  ]
}

function strategyLines(rollout: Rollout, replicaSets: readonly ReplicaSet[]): readonly Line[] {
  const position = stepPosition(rollout)
  if (position === undefined) return [field('Strategy:', rollout.spec.strategy?.blueGreen === undefined ? '' : 'BlueGreen')]
  const canary = replicaSets.find((replicaSet) => tagsOf(rollout, hashOf(replicaSet)).includes('canary'))
  const isCounted = position.steps.length > 0 && typeof rollout.status?.currentStepIndex === 'number'
  return [
    field('Strategy:', 'Canary'),
    field('  Step:', isCounted ? `${position.index}/${position.steps.length}` : ''),
    field('  SetWeight:', String(setWeight(rollout, position))),
    field('  ActualWeight:', String(actualWeight(rollout, position, canary?.status?.availableReplicas ?? 0))),
  ]
}

/** Of versions that have pods, each image once. */
function imageLines(rollout: Rollout, replicaSets: readonly ReplicaSet[]): readonly Line[] {
  const images = new Map<string, Set<VersionTag>>()
  for (const replicaSet of replicaSets) {
    if ((replicaSet.status?.replicas ?? 0) === 0) continue
    const tags = tagsOf(rollout, hashOf(replicaSet))
    for (const { image = '' } of replicaSet.spec.template?.spec.containers ?? []) {
      const known = images.get(image) ?? new Set()
      for (const tag of tags) known.add(tag)
      images.set(image, known)
    }
  }
  const sorted = [...images].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([image, tags], index) => field(index === 0 ? 'Images:' : '', image, ...tagPieces([...tags].sort())))
}

function tagPieces(tags: readonly VersionTag[]): Line {
  if (tags.length === 0) return []
  const pieces = tags.flatMap((tag, index): Piece[] => [...(index === 0 ? [] : [', ']), { text: tag, color: tagColors[tag] }])
  return [' (', ...pieces, ')']
}
