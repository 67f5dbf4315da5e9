/** The API server: objects by kind and name, with the versions and refusals that writers rely on. */
import type { KubeObject } from '../../../src/api/meta.ts'
import type { Pod } from '../../../src/api/pod.ts'
import type { Rollout } from '../../../src/api/rollout.ts'
import type { Service } from '../../../src/api/services.ts'
import { timestampOf } from '../../../src/api/time.ts'
import type { TrafficSplit } from '../../../src/api/trafficSplit.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import type { Clock } from './clock.ts'

export type Kinds = { Rollout: Rollout; ReplicaSet: ReplicaSet; Pod: Pod; Service: Service; TrafficSplit: TrafficSplit }
export type Kind = keyof Kinds
export const kinds: readonly Kind[] = ['Rollout', 'ReplicaSet', 'Pod', 'Service', 'TrafficSplit']

/** `object` is undefined once it is gone. */
export type Change = { readonly [K in Kind]: { readonly kind: K; readonly name: string; readonly object: Kinds[K] | undefined } }[Kind]

export type Store = {
  get<K extends Kind>(kind: K, name: string): Kinds[K] | undefined
  list<K extends Kind>(kind: K): readonly Kinds[K][]
  /** Without a name: one from `generateName`. */
  create<K extends Kind>(kind: K, object: Kinds[K]): Kinds[K]
  /** Whole; nothing happens if nothing differs. A `spec` that differs is another generation. */
  update<K extends Kind>(kind: K, object: Kinds[K]): void
  /** With all that it owns, whatever that is. */
  remove(kind: Kind, name: string): void
  onChange(listener: (change: Change) => void): void
}

/** As the API server refuses. */
export class Refusal extends Error {
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

export function openStore(clock: Clock): Store {
  const objects: { readonly [K in Kind]: Map<string, Kinds[K]> } = {
    Rollout: new Map(),
    ReplicaSet: new Map(),
    Pod: new Map(),
    Service: new Map(),
    TrafficSplit: new Map(),
  }
  const listeners: ((change: Change) => void)[] = []
  let versions = 100
  let made = 0

  function tell(kind: Kind, name: string, object: KubeObject | undefined): void {
    for (const listener of listeners) listener({ kind, name, object } as Change)
  }

  function collect(uid: string | undefined): void {
    for (const kind of kinds)
      for (const { metadata } of [...objects[kind].values()])
        if (metadata.ownerReferences?.some((owner) => owner.uid === uid)) store.remove(kind, metadata.name)
  }

  const store: Store = {
    get: (kind, name) => objects[kind].get(name),
    list: (kind) => [...objects[kind].values()],
    create(kind, object) {
      made++
      const name = object.metadata.name || `${object.metadata.generateName}${made}`
      if (objects[kind].has(name)) throw new Refusal('AlreadyExists', `${kind} ${name} already exists`)
      const created = {
        ...object,
        metadata: {
          ...object.metadata,
          name,
          uid: `${kind.toLowerCase()}-${made}`,
          resourceVersion: String(++versions),
          generation: 1,
          creationTimestamp: timestampOf(clock.now()),
        },
      }
      objects[kind].set(name, created)
      tell(kind, name, created)
      return created
    },
    update(kind, object) {
      const { name, uid } = object.metadata
      const before = objects[kind].get(name)
      if (before === undefined) throw new Refusal('NotFound', `${kind} ${name} not found`)
      if (before.metadata.uid !== uid) throw new Refusal('Conflict', `${kind} ${name} is another one now`)
      const { resourceVersion, generation = 1 } = before.metadata
      const isOtherSpec = before.spec !== object.spec && !isSame(before.spec, object.spec)
      const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: resourceVersion!, generation } }
      if (!isOtherSpec && isSame(before, versioned)) return
      const after = {
        ...object,
        metadata: { ...object.metadata, resourceVersion: String(++versions), generation: isOtherSpec ? generation + 1 : generation },
      }
      objects[kind].set(name, after)
      tell(kind, name, after)
    },
    remove(kind, name) {
      const before = objects[kind].get(name)
      if (before === undefined) throw new Refusal('NotFound', `${kind} ${name} not found`)
      objects[kind].delete(name)
      versions++
      tell(kind, name, undefined)
      collect(before.metadata.uid)
    },
    onChange(listener) {
      listeners.push(listener)
    },
  }
  return store
}

/** As JSON has it: in whatever order keys come, and a key without a value is none. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>]
  for (const key in left) if (!isSame(left[key], right[key])) return false
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false
  return true
}
