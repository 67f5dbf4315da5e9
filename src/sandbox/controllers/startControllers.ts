import type { Cluster } from '../cluster.ts'
import { type Clock, systemClock } from './clock.ts'
import { deploymentController } from './deployment/controller.ts'
import { openEndpointsController } from './endpoints/endpointsController.ts'
import { openEndpointSliceController } from './endpoints/slicesController.ts'
import { replicaSetController } from './replicaSet/controller.ts'
import { type Controller, type Runner, type RunnerOptions, startRunner } from './runner.ts'

export type ControllersOptions = Pick<RunnerOptions, 'onFailure'> & {
  /** Stops them, as `stop` does. */
  readonly signal: AbortSignal
  readonly clock?: Clock
}

function openControllers(): readonly Controller[] {
  return [deploymentController, replicaSetController, openEndpointSliceController(), openEndpointsController()]
}

/** What kube-controller-manager does. Writes as that program does, so that an object's managedFields look alike. */
export function startControllers(cluster: Cluster, { signal, clock = systemClock, ...options }: ControllersOptions): Runner {
  const runner = startRunner({ ...options, cluster: cluster.as('kube-controller-manager'), controllers: openControllers(), clock })
  const stop = (): void => {
    signal.removeEventListener('abort', stop)
    runner.stop()
  }
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  return { stop }
}
