import type { KubeObject } from '../../../api/meta.ts'
import type { Cluster } from '../../cluster.ts'
import { ApiError } from '../apiError.ts'
import type { KindRegistry } from '../registry.ts'
import { deletionCompleted, deletionInProgress, established, takenNames, withCondition, withNames } from './conditions.ts'
import { customKinds } from './customKind.ts'
import { cleanupFinalizer, type Definition, definitionsResource, isTrue, type Status } from './definition.ts'

export type DefinitionServer = {
  readonly cluster: Cluster
  readonly kinds: KindRegistry
  readonly nowMs: () => number
  readonly onError: (what: string, error: unknown) => void
}

/**
 * Has custom kinds served while their definitions stand: accepts names, establishes, follows changes, and on deletion removes the instances first. What is
 * defined already is served when this returns. The returned function ends it; kinds stay as they are then.
 */
export function serveDefinitions({ cluster, kinds, nowMs, onError }: DefinitionServer): () => void {
  const own = cluster.as('kube-apiserver')
  const now = (): string => `${new Date(nowMs()).toISOString().slice(0, 19)}Z`
  const all = (): readonly Definition[] => own.list<Definition>(definitionsResource)
  const write = (definition: Definition, status: Status, finalizers = definition.metadata.finalizers ?? []): Definition =>
    own.update<Definition>(definitionsResource, { ...definition, metadata: { ...definition.metadata, finalizers }, status }, 'status')
  const resourceOf = ({ spec }: Definition): string => `${spec.names.plural}.${spec.group}`
  /** By resource, the specification by which it is served: to register it anew ends its watches. */
  const served = new Map<string, string>()

  const serve = (definition: Definition): void => {
    const { uid, generation } = definition.metadata
    const specification = `${uid}/${generation}`
    if (served.get(resourceOf(definition)) === specification) return
    served.set(resourceOf(definition), specification)
    kinds.register(customKinds(definition))
  }

  const accept = (definition: Definition): void => {
    const others = all().filter(({ metadata }) => metadata.name !== definition.metadata.name)
    const named = withNames(definition, takenNames(others, definition.spec.group), now())
    const accepted = named === undefined ? definition : write(definition, named)
    if (!isTrue(accepted.status, 'NamesAccepted')) return
    serve(accepted)
    if (!isTrue(accepted.status, 'Established')) write(accepted, withCondition(accepted.status ?? {}, established, now()))
  }
  const finish = (definition: Definition): void => {
    const { finalizers = [] } = definition.metadata
    if (!finalizers.includes(cleanupFinalizer)) return
    const resource = resourceOf(definition)
    const begun = withCondition(definition.status ?? {}, deletionInProgress, now())
    const current = write(definition, begun)
    for (const { metadata } of own.list(resource)) if (metadata.deletionTimestamp === undefined) own.delete(resource, metadata)
    if (own.list(resource).length > 0) return
    const rest = finalizers.filter((each) => each !== cleanupFinalizer)
    write(current, withCondition(begun, deletionCompleted, now()), rest)
  }
  const follow = (name: string): void => {
    const definition = own.find<Definition>(definitionsResource, { name })
    if (definition === undefined) return
    try {
      if (definition.metadata.deletionTimestamp === undefined) accept(definition)
      else finish(definition)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      onError(`definition ${name}`, error)
    }
  }
  const onEvent = ({ type, resource, object }: { readonly type: string; readonly resource: string; readonly object: KubeObject }): void => {
    if (resource !== definitionsResource) {
      // The last instance may have gone, which a definition waits for.
      if (type === 'DELETED')
        for (const each of all()) if (each.metadata.deletionTimestamp !== undefined && resourceOf(each) === resource) follow(each.metadata.name)
      return
    }
    if (type !== 'DELETED') return follow(object.metadata.name)
    const gone = object as Definition
    served.delete(resourceOf(gone))
    kinds.unregister(resourceOf(gone))
    // Its names are free for others of its group.
    for (const { metadata, spec } of all()) if (spec.group === gone.spec.group) follow(metadata.name)
  }

  for (const { metadata } of all()) follow(metadata.name)
  return cluster.follow('all', onEvent)
}
