import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubeconfig as kubeconfigText, writeKubeconfig } from './apiserver/auth/kubeconfig.ts'
import { type ApiServer, startApiServer } from './apiserver/startApiServer.ts'
import { startControllers } from './controllers/startControllers.ts'
import { type Kubelet, type KubeletOptions, startKubelet } from './kubelet/kubelet.ts'
import { serveLogs } from './kubelet/logs/serveLogs.ts'
import type { PodAccess, TokenFor } from './kubelet/pod/context.ts'

export type SandboxOptions = {
  /** 0: any that is free. */
  readonly port: number
  /** Where the cluster outlives the process; absent: nowhere. */
  readonly dataFolder?: string | undefined
  /** Where the kubeconfig goes; the data folder if absent, or a folder that goes with the sandbox. */
  readonly kubeconfig?: string | undefined
  /** What pods are run with; absent: nothing runs them. */
  readonly pods?: PodsOptions
  /** What went wrong behind the scenes. */
  readonly onError: (what: string, error: unknown) => void
}

export type PodsOptions = Pick<KubeletOptions, 'images' | 'workingDirectory' | 'variables'>

export type Sandbox = {
  readonly server: ApiServer
  /** The path of the kubeconfig. */
  readonly kubeconfig: string
  stop(): Promise<void>
}

/** Starts a cluster in this process, and writes the kubeconfig by which it is reached. */
export async function startSandbox({ port, dataFolder, kubeconfig: asked, pods, onError }: SandboxOptions): Promise<Sandbox> {
  const server = await startApiServer({ port, onError, ...(dataFolder !== undefined && { dataFolder }) }).catch((error: unknown) => {
    throw portTaken(error, port)
  })
  const ending = new AbortController()
  const passing = dataFolder === undefined ? mkdtempSync(join(tmpdir(), 'spillway-sandbox-')) : undefined
  const folder = dataFolder ?? passing!
  const kubeconfig = asked ?? join(folder, 'kubeconfig')
  let kubelet: Kubelet | undefined
  const stop = async (): Promise<void> => {
    ending.abort()
    await kubelet?.stop()
    await server.stop()
    if (passing !== undefined) rmSync(passing, { recursive: true, force: true })
  }
  try {
    writeKubeconfig(kubeconfig, { url: server.url, caPem: server.caPem, token: server.adminToken })
    startControllers(server.cluster, {
      signal: ending.signal,
      caPem: server.caPem,
      onFailure: (controller, key, error) => onError(`${controller} ${key}`, error),
    })
    if (pods !== undefined) {
      kubelet = await startKubelet({
        ...pods,
        cluster: server.cluster,
        directory: join(folder, 'node'),
        access: podAccess(server),
        signal: ending.signal,
        onError,
      })
      server.serve('pods/log', serveLogs(kubelet.logs))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { server, kubeconfig, stop }
}

/** Pods reach the server as any client does, as their ServiceAccounts. */
function podAccess(server: ApiServer): PodAccess {
  const mintToken = ({ pod, serviceAccount, audience, expirationSeconds }: TokenFor): string => {
    const { namespace = 'default', name, uid = '' } = pod.metadata
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name, uid }
    const audiences = audience === undefined ? [] : [audience]
    return server.mintToken({ namespace, name: serviceAccount }, { audiences, expirationSeconds, boundObjectRef })
  }
  return {
    mintToken,
    kubeconfig: (request) =>
      kubeconfigText({ url: server.url, caPem: server.caPem, token: mintToken(request), namespace: request.pod.metadata.namespace ?? 'default' }),
  }
}

function portTaken(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new Error(`port ${port} of 127.0.0.1 is taken; stop what listens there, or give another: --port ${port + 1}, or --port 0 for any free one`)
  }
  if (code === 'EACCES') return new Error(`port ${port} may not be opened by this user; give one from 1024 on: --port 6443`)
  return error
}
