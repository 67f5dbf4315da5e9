import { startApiServer } from '../../src/sandbox/apiserver/startApiServer.ts'
import { openLogFiles } from '../../src/sandbox/kubelet/logs/logFile.ts'
import { podLog } from '../../src/sandbox/kubelet/logs/podLog.ts'
import { serveLogs } from '../../src/sandbox/kubelet/logs/serveLogs.ts'
import type { Server } from './connect.ts'

/** A sandbox in which controllers stand still and no pod ever runs. It has forgotten its first versions. */
export async function startSandbox(): Promise<{ readonly server: Server; stop(): Promise<void> }> {
  const apiServer = await startApiServer()
  const { cluster, url, caPem, adminToken } = apiServer
  const source = { cluster, directory: import.meta.dirname, changes: openLogFiles(Date.now), nowMs: Date.now }
  apiServer.serve(
    'pods/log',
    serveLogs((request, signal) => podLog(request, { ...source, signal })),
  )
  apiServer.compact()
  return { server: { url, caPem, token: adminToken }, stop: () => apiServer.stop() }
}
