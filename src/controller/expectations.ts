import type { KubeObject } from '../api/meta.ts'
import { apiVersionOf, compareVersions, keyOf, type Resource } from '../kube/resource.ts'
import type { Written } from './rollout/execute.ts'

/** What was written for a key and has not come back by a watch yet: until then its stores are behind, and what is decided from them may be done twice. */
export type Expectations = {
  expect(key: string, written: Written): void
  /** An object was deleted: nobody waits to see it any more. */
  deleted(resource: Resource, object: KubeObject): void
  /** Until when (monotonic ms) the key is to wait for its stores at the longest; undefined: it need not wait. */
  waitsUntil(key: string): number | undefined
  forget(key: string): void
}

export type ExpectationOptions = {
  /** What the store of that kind has by that key; undefined: nothing. */
  find(resource: Resource, key: string): KubeObject | undefined
  /** A watch that tells nothing for longer is waited for no more: writes have their preconditions. */
  readonly longestMs?: number
  /** That long has passed. */
  onLate(key: string, written: Written): void
  readonly now?: () => number
}

type Expected = { readonly written: Written; readonly untilMs: number }
const defaultLongestMs = 5_000

export function openExpectations({ find, onLate, longestMs = defaultLongestMs, now = () => performance.now() }: ExpectationOptions): Expectations {
  const byKey = new Map<string, Map<string, Expected>>()
  const idOf = (resource: Resource, object: KubeObject): string => `${apiVersionOf(resource)} ${resource.name} ${keyOf(object)}`

  function isSeen({ resource, object, kind }: Written): boolean {
    const found = find(resource, keyOf(object))
    if (kind === 'gone') return found === undefined || found.metadata.uid !== object.metadata.uid || found.metadata.deletionTimestamp !== undefined
    // What was there when it was written to has been deleted since.
    if (found === undefined) return kind === 'changed'
    return (compareVersions(found.metadata.resourceVersion, object.metadata.resourceVersion) ?? 0) >= 0
  }

  return {
    expect(key, written) {
      const expected = byKey.get(key) ?? new Map<string, Expected>()
      byKey.set(key, expected.set(idOf(written.resource, written.object), { written, untilMs: now() + longestMs }))
    },
    deleted(resource, object) {
      const id = idOf(resource, object)
      for (const expected of byKey.values()) if (expected.get(id)?.written.object.metadata.uid === object.metadata.uid) expected.delete(id)
    },
    waitsUntil(key) {
      const expected = byKey.get(key)
      if (expected === undefined) return undefined
      for (const [id, { written, untilMs }] of expected) {
        const seen = isSeen(written)
        if (!seen && untilMs > now()) continue
        expected.delete(id)
        if (!seen) onLate(key, written)
      }
      if (expected.size === 0) byKey.delete(key)
      return expected.size === 0 ? undefined : Math.min(...[...expected.values()].map(({ untilMs }) => untilMs))
    },
    forget: (key) => void byKey.delete(key),
  }
}
