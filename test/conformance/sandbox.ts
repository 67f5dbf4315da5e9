import { startApiServer } from '../../src/sandbox/apiserver/startApiServer.ts'
import { startControllers } from '../../src/sandbox/controllers/startControllers.ts'
import { openLogFiles } from '../../src/sandbox/kubelet/logs/logFile.ts'
import { podLog } from '../../src/sandbox/kubelet/logs/podLog.ts'
import { serveLogs } from '../../src/sandbox/kubelet/logs/serveLogs.ts'
import type { Server } from './connect.ts'
import type { Topic } from './script.ts'

export type Sandbox = { readonly server: Server; stop(): Promise<void> }

/** A sandbox in which no pod ever runs. It has forgotten its first versions. */
export async function startSandbox({ controllers }: Pick<Topic, 'controllers'>): Promise<Sandbox> {
  const apiServer = await startApiServer()
  const { cluster, url, caPem, adminToken } = apiServer
  const ending = new AbortController()
  const source = { cluster, directory: import.meta.dirname, changes: openLogFiles(Date.now), nowMs: Date.now }
  apiServer.serve(
    'pods/log',
    serveLogs((request, signal) => podLog(request, { ...source, signal })),
  )
  if (controllers === 'at work') {
    const onFailure = (controller: string, key: string, error: unknown): void => console.error(`${controller} ${key}:`, error)
    startControllers(cluster, { signal: ending.signal, caPem, onFailure })
  }
  apiServer.compact()
  return {
    server: { url, caPem, token: adminToken },
    async stop() {
      ending.abort()
      await apiServer.stop()
    },
  }
}
