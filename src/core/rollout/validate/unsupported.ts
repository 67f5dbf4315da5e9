/** Fields of Argo Rollouts that are not carried out yet. One that would change nothing is let pass. */
import { child, isMap, isSet } from '../../spec/field.ts'
import type { Field, Findings } from '../../spec/findings.ts'

const isEmptyMap = ({ value }: Field): boolean =>
  isMap(value) && Object.values(value).every((each) => each === null || (isMap(each) && Object.keys(each).length === 0))
const isFalse = ({ value }: Field): boolean => value === false
const isAtMost =
  (bound: number) =>
  ({ value }: Field): boolean =>
    typeof value === 'number' && value <= bound && value >= 0
const never = (): boolean => false

type Effectless = (field: Field) => boolean

const ofSpec: Readonly<Record<string, Effectless>> = {
  workloadRef: never,
  rollbackWindow: (window) => isMap(window.value) && (!isSet(child(window, 'revisions')) || child(window, 'revisions').value === 0),
}
const ofCanary: Readonly<Record<string, Effectless>> = {
  dynamicStableScale: isFalse,
  pingPong: never,
  antiAffinity: never,
  canaryMetadata: isEmptyMap,
  stableMetadata: isEmptyMap,
  minPodsPerReplicaSet: isAtMost(1),
  replicaProgressThreshold: never,
}
const ofBlueGreen: Readonly<Record<string, Effectless>> = {
  antiAffinity: never,
  activeMetadata: isEmptyMap,
  previewMetadata: isEmptyMap,
}

export function reportUnsupported(spec: Field, findings: Findings): void {
  const strategy = child(spec, 'strategy')
  report(spec, ofSpec, findings)
  report(child(strategy, 'canary'), ofCanary, findings)
  report(child(strategy, 'blueGreen'), ofBlueGreen, findings)
}

function report(parent: Field, fields: Readonly<Record<string, Effectless>>, findings: Findings): void {
  for (const [name, isEffectless] of Object.entries(fields)) {
    const field = child(parent, name)
    if (isSet(field) && !isEffectless(field)) reportNotYet(field, findings)
  }
}

export function reportNotYet(field: Field, findings: Findings, fix = 'leave it out'): void {
  findings.report(field, { message: 'is not supported yet', fix })
}
