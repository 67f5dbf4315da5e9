import type { ExperimentFamily } from '../cluster/readExperiment.ts'
import { iconOf } from './phase.ts'
import { experimentTree } from './rolloutTree.ts'
import { field } from './rolloutView.ts'
import type { Line } from './text.ts'

export function experimentLines({ experiment, family }: ExperimentFamily, now: number): readonly Line[] {
  const { metadata, status = {} } = experiment
  const phase = status.phase || 'Pending'
  return [
    field('Name:', metadata.name),
    field('Namespace:', metadata.namespace ?? ''),
    field('Status:', iconOf(phase), ` ${phase}`),
    ...(status.message ? [field('Message:', status.message)] : []),
    [],
    ...experimentTree(experiment, family, now),
  ]
}
