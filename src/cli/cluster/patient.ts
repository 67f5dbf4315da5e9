import { setTimeout as delay } from 'node:timers/promises'
import type { CallOptions, KubeClient } from '../../kube/client.ts'
import { isKubeError } from '../../kube/errors.ts'

const pausesMs = [100, 300]
/** For reads that the server wants to have later. */
const laterMs = 10_000

/** For a person who waits: reads are tried thrice within half a second, not for half a minute. `calls`: for each call that does not say otherwise. */
export function patient(client: KubeClient, calls: CallOptions): KubeClient {
  async function tried<T>(read: (options: CallOptions) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await read({ ...calls, once: true })
      } catch (error) {
        if (isKubeError(error, 'tooManyRequests')) return read({ timeoutMs: laterMs, ...calls })
        const pauseMs = pausesMs[attempt]
        if (pauseMs === undefined || !isKubeError(error, 'noAnswer', 'unavailable')) throw error
        await delay(pauseMs)
      }
    }
  }

  return {
    ...client,
    get: (resource, ref, options) => tried((once) => client.get(resource, ref, { ...once, ...options })),
    list: (resource, options) => tried((once) => client.list(resource, { ...once, ...options })),
    create: (resource, object, options) => client.create(resource, object, { ...calls, ...options }),
    update: (resource, object, options) => client.update(resource, object, { ...calls, ...options }),
    patch: (resource, ref, patch, options) => client.patch(resource, ref, patch, { ...calls, ...options }),
    read: (path, options) => tried((once) => client.read(path, { ...once, ...options })),
  }
}
