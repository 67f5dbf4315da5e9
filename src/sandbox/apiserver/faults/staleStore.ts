import { keyText, type Store } from '../storage/store.ts'

/** The store as it was so many writes ago, for reading; no older than its history. */
export function staleStore(store: Store, revisions: number): Store {
  const revision = Math.max(store.compacted(), store.revision() - revisions)
  const list: Store['list'] = (resource, namespace) => store.listAt(resource, namespace, revision) ?? store.list(resource, namespace)
  return {
    ...store,
    revision: () => revision,
    list,
    get: (resource, key) => list(resource).find(({ metadata }) => keyText(metadata) === key),
  }
}
