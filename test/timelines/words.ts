/** What is seen in a cluster, in few words: versions by their image's tag instead of hashes. */
import { isPodReady } from '../../src/api/pod.ts'
import { podTemplateHashLabel } from '../../src/api/rolloutLabels.ts'
import type { SplitService, TrafficSplitSpec } from '../../src/api/trafficSplit.ts'
import type { Action } from '../../src/core/rollout/decision.ts'
import { isPodActive } from '../../src/sandbox/controllers/podAvailability.ts'
import { objectOf } from './cluster/loop.ts'
import { versionOf } from './cluster/manifests.ts'
import { imageOf } from './cluster/pods.ts'
import type { Store } from './cluster/store.ts'
import type { World } from './cluster/world.ts'

export type Words = {
  /** Hashes in a text become versions, instants what they are after the start. */
  plain(text: string): string
  action(action: Action): string
  split(spec: TrafficSplitSpec): string
}

export function wordsFor(store: Store, start: () => number): Words {
  const versions = new Map<string, string>()

  function learn(hash: string | undefined, image: string): void {
    if (hash !== undefined && hash !== '') versions.set(hash, versionOf(image))
  }

  store.onChange(({ kind, object }) => {
    if (kind === 'ReplicaSet' && object?.spec.template)
      learn(object.metadata.labels?.[podTemplateHashLabel], imageOf({ spec: object.spec.template.spec }))
  })

  function plain(text: string): string {
    let result = text
    for (const [hash, version] of versions) result = result.replaceAll(hash, version)
    return result.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) => clockText(Date.parse(time) - start()))
  }

  const version = (hash: string): string => versions.get(hash) ?? hash

  function weights({ weights: parts, routes = [], mirrors = [] }: SplitService): string {
    const shares = parts.filter(({ weight }) => weight > 0)
    const share = shares.map(({ podTemplateHash, weight }) =>
      shares.length === 1 ? version(podTemplateHash) : `${version(podTemplateHash)} ${weight}`,
    )
    return [
      share.join(' '),
      ...routes.map(({ name, podTemplateHash }) => `${name}→${version(podTemplateHash)}`),
      ...mirrors.map(({ name, podTemplateHash, percentage }) => `${name} mirrors ${percentage}% to ${version(podTemplateHash)}`),
    ].join(', ')
  }

  /** Entry Services of the same split together, by the last part of their names. */
  function split(spec: TrafficSplitSpec): string {
    return spec.services.map((service) => `${service.name.replace(/^.*-/, '')}: ${weights(service)}`).join(' · ')
  }

  function backends(spec: TrafficSplitSpec): string {
    return ` (backends ${spec.backends.map(({ podTemplateHash, role }) => `${version(podTemplateHash)} as ${role}`).join(', ')})`
  }

  function action(action: Action): string {
    switch (action.kind) {
      case 'createReplicaSet': {
        learn(action.replicaSet.metadata.labels?.[podTemplateHashLabel], imageOf({ spec: action.replicaSet.spec.template!.spec }))
        return `creates ReplicaSet ${plain(action.replicaSet.metadata.name)} with ${action.replicaSet.spec.replicas ?? 1} pods`
      }
      case 'scaleReplicaSet':
        return `scales ${plain(action.target.name)} from ${action.from} to ${action.to}`
      case 'annotateReplicaSet':
        return `annotates ${plain(action.target.name)}: ${annotations(action.annotations)}`
      case 'annotateRollout':
        return `annotates the Rollout: ${annotations(action.annotations)}`
      case 'selectPods':
        return action.to === null ? `gives Service ${action.target.name} back` : `points Service ${action.target.name} at ${version(action.to)}`
      case 'createService':
        return `creates backend Service ${plain(action.service.metadata.name)}`
      case 'updateService':
        return `brings backend Service ${plain(action.target.name)} into shape`
      case 'deleteService':
        return `deletes Service ${plain(action.target.name)}`
      case 'createSplit':
        return `creates the split: ${split(action.split.spec)}${backends(action.split.spec)}`
      case 'updateSplit':
        return `updates the split: ${split(action.spec)}${backends(action.spec)}`
      case 'deleteSplit':
        return 'deletes the split'
      case 'deleteReplicaSet':
        return `deletes ${plain(objectOf(action))}`
      case 'evictPod':
        return `evicts a pod of ${plain(action.target.name).replace(/-\d+$/, '')}`
      case 'setReplicas':
        return `sets spec.replicas to ${action.replicas}`
    }
  }

  function annotations(changes: Readonly<Record<string, string | null>>): string {
    return Object.entries(changes)
      .map(([key, value]) => {
        const name = key.replace(/^.*\//, '')
        return value === null ? `no ${name}` : `${name} ${plain(value)}`
      })
      .join(', ')
  }

  return { plain, action, split }
}

/** What stands in the columns of a timeline. */
export type Columns = { readonly phase: string; readonly step: string; readonly pods: string; readonly wanted: string; readonly served: string }

export function columnsOf(world: World, words: Words): Columns {
  const rollout = world.rollout()
  const status = rollout?.status ?? {}
  const steps = rollout?.spec.strategy?.canary?.steps ?? []
  const split = world.store.list('TrafficSplit')[0]
  return {
    phase: status.phase ?? '',
    step: steps.length > 0 && typeof status.currentStepIndex === 'number' ? `${status.currentStepIndex}/${steps.length}` : '',
    pods: podsText(world),
    wanted: split ? words.split(split.spec) : '',
    served: servedText(world),
  }
}

/** Ready of those wanted, version by version; pods on their way out do not count. */
function podsText({ store }: World): string {
  const pods = store.list('Pod').filter(isPodActive)
  const texts = store.list('ReplicaSet').map(({ metadata, spec }) => {
    const own = pods.filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === metadata.uid)
    const wanted = spec.replicas ?? 1
    return own.length === 0 && wanted === 0
      ? undefined
      : `${versionOf(imageOf({ spec: spec.template!.spec }))} ${own.filter(isPodReady).length}/${wanted}`
  })
  return texts.filter((text) => text !== undefined).join('  ')
}

/** How many edges serve by the split as it is; who does not, where some do. */
function servedText(world: World): string {
  const split = world.store.list('TrafficSplit')[0]
  const edges = world.edges().filter((edge) => edge.serving() !== undefined)
  if (split === undefined) return ''
  const behind = edges.filter((edge) => edge.serving()?.split?.metadata.generation !== split.metadata.generation)
  const silent = edges.filter((edge) => (edge.observed()?.silentMs ?? 0) > 0)
  const names = (of: readonly { readonly name: string }[], what: string): string =>
    of.length === 0 || (of.length === edges.length && what === 'not') ? '' : `, ${what} ${of.map(({ name }) => name).join(' ')}`
  return `${edges.length - behind.length} of ${edges.length}${names(behind, 'not')}${names(silent, 'unheard:')}`
}

/** `0:09:05`; with days before it after the first. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1_000)
  const days = Math.floor(seconds / 86_400)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = `${Math.floor((seconds % 86_400) / 3_600)}:${two(Math.floor((seconds % 3_600) / 60))}:${two(seconds % 60)}`
  return days > 0 ? `${days}d ${time}` : time
}
