import { startApiServer } from '../../src/sandbox/apiserver/startApiServer.ts'
import type { Server } from './connect.ts'

/** A sandbox without controllers and kubelet, for topics in which they stand still. It has forgotten its first versions. */
export async function startSandbox(): Promise<{ readonly server: Server; stop(): Promise<void> }> {
  const apiServer = await startApiServer()
  apiServer.compact()
  const { url, caPem, adminToken } = apiServer
  return { server: { url, caPem, token: adminToken }, stop: () => apiServer.stop() }
}
