import type { KubeObject } from '../api/meta.ts'
import { type Interest, openReflector, type Reflector, type ReflectorOptions, type ReflectorState } from './reflector.ts'
import { apiVersionOf, type Resource } from './resource.ts'
import type { Store } from './store.ts'

export type Informer<T> = {
  readonly store: Store<T>
  state(): ReflectorState
  synced(signal?: AbortSignal): Promise<void>
}

/** A reflector per set of objects, however many want it. */
export type Informers = {
  /**
   * Begins to follow them if nobody has yet, or when `run` is called. All that ask for the same objects share what is known of them: indexes are added
   * to those of others, of one name there is one; `trim` is the same for all.
   */
  of<T extends KubeObject>(interest: Interest<T>): Informer<T>
  /** Follows all that was and will be asked for, until the signal aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>
}

export type InformersOptions = Omit<ReflectorOptions, 'onFailure'> & { onFailure?(resource: Resource, error: Error, failures: number): void }

type Shared = { readonly reflector: Reflector<KubeObject>; readonly trim: unknown }

export function openInformers({ onFailure, ...options }: InformersOptions): Informers {
  const shared = new Map<string, Shared>()
  const runs = new Set<Promise<void>>()
  let running: AbortSignal | undefined

  function start({ reflector }: Shared): void {
    if (running === undefined || running.aborted) return
    const run = reflector.run(running).finally(() => runs.delete(run))
    runs.add(run)
  }

  return {
    of<T extends KubeObject>({ resource, namespace, labelSelector, fieldSelector, indexes = {}, trim }: Interest<T>) {
      const selection = { ...(namespace && { namespace }), ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) }
      const key = JSON.stringify([apiVersionOf(resource), resource.name, namespace, labelSelector, fieldSelector])
      let entry = shared.get(key)
      if (entry === undefined) {
        const reflector = openReflector<T>(
          { resource, ...selection, ...(trim && { trim }) },
          { ...options, onFailure: (error, failures) => onFailure?.(resource, error, failures) },
        )
        // Whoever asks by this key means objects of this kind.
        entry = { reflector: reflector as unknown as Reflector<KubeObject>, trim }
        shared.set(key, entry)
        start(entry)
      } else if (entry.trim !== trim) throw new Error(`${resource.name} are trimmed by another function already`)
      const reflector = entry.reflector as unknown as Reflector<T>
      for (const [name, index] of Object.entries(indexes)) reflector.store.index(name, index)
      return reflector
    },
    async run(signal) {
      if (running !== undefined) throw new Error('the informers run already')
      running = signal
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
      for (const each of shared.values()) start(each)
      await ended
      await Promise.all(runs)
    },
  }
}
