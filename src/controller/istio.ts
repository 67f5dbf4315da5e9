import { setTimeout as delay } from 'node:timers/promises'
import type { KubeClient } from '../kube/client.ts'

/** Whether the cluster has Istio's API, as last told. */
export type IstioFacts = {
  /** Undefined: the server has not said. */
  readonly hasIstio: () => boolean | undefined
  /** Resolves when it was asked once. */
  readonly asked: Promise<void>
}

const group = 'networking.istio.io'
const againMs = 60_000
const failedMs = 5_000

export function followIstio(client: KubeClient, signal: AbortSignal): IstioFacts {
  let hasIstio: boolean | undefined
  const { promise: asked, resolve } = Promise.withResolvers<void>()

  async function ask(): Promise<void> {
    try {
      const { groups = [] } = await client.read<{ readonly groups?: readonly { readonly name: string }[] }>('/apis', { signal, once: true })
      hasIstio = groups.some(({ name }) => name === group)
    } catch {
      // What is not known must not be taken for an absence.
      hasIstio = undefined
    }
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      await ask()
      resolve()
      await delay(hasIstio === undefined ? failedMs : againMs, undefined, { signal }).catch(() => undefined)
    }
    resolve()
  }

  void follow()
  return { hasIstio: () => hasIstio, asked }
}
