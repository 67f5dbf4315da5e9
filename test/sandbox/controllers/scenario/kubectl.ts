import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Any, Driver } from './driver.ts'

const pollMs = 200

/** A real cluster, by the kubectl and the KUBECONFIG of this process. */
export function kubectlDriver(namespace: string, watched: readonly string[], restMs: number): Driver {
  function kubectl(args: readonly string[], input?: string): string {
    return execFileSync('kubectl', ['-n', namespace, ...args], { encoding: 'utf8', maxBuffer: 64 << 20, ...(input !== undefined && { input }) })
  }
  const list = (resource: string): readonly Any[] => JSON.parse(kubectl(['get', resource, '-o', 'json'])).items

  function change(resource: string, name: string, make: (object: Any) => Any, subresource?: 'status'): void {
    for (let tries = 0; ; tries++) {
      const next = make(JSON.parse(kubectl(['get', resource, name, '-o', 'json'])))
      try {
        kubectl(['replace', ...(subresource ? [`--subresource=${subresource}`] : []), '-f', '-'], JSON.stringify(next))
        return
      } catch (error) {
        if (tries === 5 || !String(error).includes('Conflict')) throw error
      }
    }
  }

  return {
    namespace,
    create: (resource, object) =>
      void kubectl(['create', '-f', '-'], JSON.stringify(resource === 'nodes' ? object : { ...object, metadata: { ...object.metadata, namespace } })),
    change,
    remove: (resource, name, how = 'Background') =>
      void kubectl([
        'delete',
        resource,
        name,
        '--wait=false',
        ...(how === 'now' ? ['--force', '--grace-period=0'] : [`--cascade=${how.toLowerCase()}`]),
      ]),
    list,
    nowMs: Date.now,
    pass: (seconds) => sleep(seconds * 1_000),
    async rest() {
      let before = ''
      let sinceMs = Date.now()
      for (;;) {
        const now = watched.map((resource) => kubectl(['get', resource, '-o', 'jsonpath={.items[*].metadata.resourceVersion}'])).join()
        if (now !== before) [before, sinceMs] = [now, Date.now()]
        else if (Date.now() - sinceMs > restMs) return
        await sleep(pollMs)
      }
    },
  }
}
