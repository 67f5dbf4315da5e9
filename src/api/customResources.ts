/** The CustomResourceDefinitions: what `charts/spillway/crds` holds is written from here. */
import { rolloutGroup, rolloutVersion, spillwayGroup } from './rolloutLabels.ts'
import { analysisRunSpec, analysisRunStatus, analysisTemplateSpec } from './schema/analysis.ts'
import { experimentSpec, experimentStatus } from './schema/experiment.ts'
import { rolloutSpec } from './schema/rollout.ts'
import { rolloutStatus } from './schema/rolloutStatus.ts'
import type { Schema } from './schema/schema.ts'
import { trafficSplitSpec, trafficSplitStatus } from './schema/trafficSplit.ts'

export type CustomResourceDefinition = {
  readonly apiVersion: 'apiextensions.k8s.io/v1'
  readonly kind: 'CustomResourceDefinition'
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly names: {
      readonly kind: string
      readonly listKind: string
      readonly plural: string
      readonly singular: string
      readonly shortNames: readonly string[]
    }
    readonly scope: 'Namespaced' | 'Cluster'
    readonly versions: readonly [CustomResourceVersion]
  }
}

export type CustomResourceVersion = {
  readonly name: string
  readonly served: true
  readonly storage: true
  readonly schema: { readonly openAPIV3Schema: Schema }
  readonly subresources?: { readonly status?: Readonly<Record<string, never>>; readonly scale?: ScalePaths }
  readonly additionalPrinterColumns?: readonly PrinterColumn[]
}

type ScalePaths = { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath: string }
type PrinterColumn = { readonly name: string; readonly type: string; readonly jsonPath: string; readonly description?: string }

type Kind = {
  readonly group?: string
  readonly kind: string
  readonly shortName: string
  readonly scope?: 'Cluster'
  readonly description: string
  readonly spec: Schema
  readonly status?: Schema
  /** Of AnalysisRun and Experiment none, as the API has it: their tools write `status` with the rest. */
  readonly subresources?: CustomResourceVersion['subresources']
  readonly columns?: readonly PrinterColumn[]
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since it was made' }
const phase: PrinterColumn = { name: 'Status', type: 'string', jsonPath: '.status.phase', description: 'How it goes' }
const number = (name: string, jsonPath: string, description: string): PrinterColumn => ({ name, type: 'integer', jsonPath, description })

const kinds: readonly Kind[] = [
  {
    kind: 'Rollout',
    shortName: 'ro',
    description: 'Pods of which new versions are released under control.',
    spec: rolloutSpec,
    status: rolloutStatus,
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.HPAReplicas', labelSelectorPath: '.status.selector' },
    },
    columns: [
      number('Desired', '.spec.replicas', 'Pods wanted'),
      number('Current', '.status.replicas', 'Pods of all versions'),
      number('Up-to-date', '.status.updatedReplicas', 'Pods of the wanted version'),
      number('Available', '.status.availableReplicas', 'Pods that have been ready for minReadySeconds'),
      age,
    ],
  },
  {
    kind: 'AnalysisTemplate',
    shortName: 'at',
    description: 'What to measure in order to judge a version.',
    spec: analysisTemplateSpec,
  },
  {
    kind: 'ClusterAnalysisTemplate',
    shortName: 'cat',
    scope: 'Cluster',
    description: 'An AnalysisTemplate for all namespaces.',
    spec: analysisTemplateSpec,
  },
  {
    kind: 'AnalysisRun',
    shortName: 'ar',
    description: 'Measurements, and what they come to.',
    spec: analysisRunSpec,
    status: analysisRunStatus,
    columns: [phase, age],
  },
  {
    kind: 'Experiment',
    shortName: 'exp',
    description: 'Versions that run side by side for a while.',
    spec: experimentSpec,
    status: experimentStatus,
    columns: [phase, age],
  },
  {
    group: spillwayGroup,
    kind: 'TrafficSplit',
    shortName: 'tsplit',
    description: "How the edges split the requests of a Rollout's Services. Written by the controller.",
    spec: trafficSplitSpec,
    status: trafficSplitStatus,
    subresources: { status: {} },
    columns: [number('Edges', '.status.edges', 'Edges that must have it'), number('Acknowledged', '.status.acknowledged', 'Edges that have it'), age],
  },
]

export const customResourceDefinitions: readonly CustomResourceDefinition[] = kinds.map(definitionOf)

function definitionOf({
  group = rolloutGroup,
  kind,
  shortName,
  scope,
  description,
  spec,
  status,
  subresources,
  columns,
}: Kind): CustomResourceDefinition {
  const singular = kind.toLowerCase()
  const plural = `${singular}s`
  const openAPIV3Schema: Schema = {
    description,
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      ...(status !== undefined && { status }),
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName] },
      scope: scope ?? 'Namespaced',
      versions: [
        {
          name: rolloutVersion,
          served: true,
          storage: true,
          ...(columns !== undefined && { additionalPrinterColumns: columns }),
          ...(subresources !== undefined && { subresources }),
          schema: { openAPIV3Schema },
        },
      ],
    },
  }
}
