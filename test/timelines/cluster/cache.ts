/** What the controller knows of the API server: kind by kind, in order, each in its own time. */
import type { Instant } from '../../../src/core/rollout/observed.ts'
import type { Clock } from './clock.ts'
import { type Change, type Kind, type Kinds, kinds, type Store } from './store.ts'

export type Cache = {
  list<K extends Kind>(kind: K): readonly Kinds[K][]
  get<K extends Kind>(kind: K, name: string): Kinds[K] | undefined
  /** It begins anew, from what is there. */
  relist(): void
  /** Nothing of a kind arrives until it is let go; what came meanwhile then does so at once, the latest of each object alone. */
  hold(kind: Kind): void
  release(): void
}

type Delivery = () => void

export function openCache(store: Store, clock: Clock, lagMs: (kind: Kind) => number, changed: (kind: Kind) => void): Cache {
  const known = emptyMaps()
  const last = new Map<Kind, Instant>()
  const held = new Map<Kind, Map<string, Delivery>>()
  let life = 0

  store.onChange((change) => {
    const lag = lagMs(change.kind)
    if (lag === 0 && (last.get(change.kind) ?? 0) <= clock.now()) return arrive(change)
    const at = Math.max(clock.now() + lag, last.get(change.kind) ?? 0)
    last.set(change.kind, at)
    const mine = life
    clock.at(at, () => {
      if (mine === life) arrive(change)
    })
  })

  function arrive(change: Change): void {
    const { kind, name } = change
    const waiting = held.get(kind)
    if (waiting !== undefined) return void waiting.set(name, () => take(change))
    take(change)
    changed(kind)
  }

  function take({ kind, name, object }: Change): void {
    const map = known[kind] as Map<string, unknown>
    if (object === undefined) map.delete(name)
    else map.set(name, object)
  }

  return {
    list: (kind) => [...known[kind].values()],
    get: (kind, name) => known[kind].get(name),
    relist() {
      life++
      last.clear()
      held.clear()
      for (const kind of kinds) {
        known[kind].clear()
        for (const object of store.list(kind)) take({ kind, name: object.metadata.name, object } as Change)
        changed(kind)
      }
    },
    hold(kind) {
      if (!held.has(kind)) held.set(kind, new Map())
    },
    release() {
      for (const [kind, waiting] of held) {
        for (const deliver of waiting.values()) deliver()
        changed(kind)
      }
      held.clear()
    },
  }
}

function emptyMaps(): { readonly [K in Kind]: Map<string, Kinds[K]> } {
  return { Rollout: new Map(), ReplicaSet: new Map(), Pod: new Map(), Service: new Map(), TrafficSplit: new Map() }
}
