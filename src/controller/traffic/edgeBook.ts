import type { TrafficReport } from '../../core/routing/report.ts'
import type { Log } from '../../lib/log.ts'
import type { EdgePeer } from './edges.ts'
import { type ChangedKeys, isSilent, type KnownEdge, keysToldBy, newEdge, withLine, withPeer } from './knownEdge.ts'

/** What is known of all edges; says what has changed. */
export type EdgeBook = {
  edges(): readonly KnownEdge[]
  /** All that there are; gives back those that are gone, by id. */
  meet(peers: readonly EdgePeer[]): readonly string[]
  hear(id: string, report: TrafficReport): void
  fail(id: string, reason: string): void
  /** To be called every now and then: silence is told once it has lasted. */
  notice(): void
}

export function openEdgeBook(options: { onChanged(keys: ChangedKeys): void; readonly log: Log; readonly now: () => number }): EdgeBook {
  const { onChanged, log, now } = options
  const known = new Map<string, KnownEdge>()
  /** Those whose silence was told. */
  const silent = new Set<string>()

  return {
    edges: () => [...known.values()],
    meet(peers) {
      const present = new Set(peers.map(({ id }) => id))
      const gone = [...known].filter(([id]) => !present.has(id))
      let changed = gone.length > 0
      for (const [id, { peer }] of gone) {
        known.delete(id)
        silent.delete(id)
        log.info('an edge is gone', { edge: peer.name })
      }
      for (const peer of peers) {
        const before = known.get(peer.id)
        if (before !== undefined && isSamePeer(before.peer, peer)) continue
        if (before === undefined) log.info('an edge was found', { edge: peer.name, url: peer.url ?? '' })
        known.set(peer.id, before === undefined ? newEdge(peer) : withPeer(before, peer))
        changed = true
      }
      if (changed) onChanged('all')
      return gone.map(([id]) => id)
    },
    hear(id, report) {
      const before = known.get(id)
      if (before === undefined) return
      const nowMs = now()
      const after = withLine(before, report, nowMs)
      if (before.trouble !== undefined && after.trouble === undefined) log.info('an edge is heard of again', { edge: before.peer.name })
      known.set(id, after)
      silent.delete(id)
      const keys = keysToldBy(report, before, nowMs)
      if (keys === 'all' || keys.length > 0) onChanged(keys)
    },
    fail(id, reason) {
      const before = known.get(id)
      if (before === undefined || before.trouble === reason) return
      log.warn('an edge is not heard of', { edge: before.peer.name, error: reason })
      known.set(id, { ...before, trouble: reason })
    },
    notice() {
      const nowMs = now()
      const fallen = [...known].filter(([id, edge]) => !silent.has(id) && edge.told !== undefined && isSilent(edge, nowMs))
      for (const [id] of fallen) silent.add(id)
      if (fallen.length > 0) onChanged('all')
    },
  }
}

function isSamePeer(a: EdgePeer, b: EdgePeer): boolean {
  return a.name === b.name && a.url === b.url && a.isServing === b.isServing && a.isTerminating === b.isTerminating
}
