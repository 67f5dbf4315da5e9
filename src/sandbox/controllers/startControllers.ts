import type { Cluster } from '../cluster.ts'
import { autoscalerController } from './autoscaler/controller.ts'
import { type Clock, systemClock } from './clock.ts'
import { clusterRoleAggregationController } from './clusterRoles.ts'
import { deploymentController } from './deployment/controller.ts'
import { disruptionController } from './disruption/controller.ts'
import { openEndpointsController } from './endpoints/endpointsController.ts'
import { openEndpointSliceController } from './endpoints/slicesController.ts'
import { openGarbageCollector } from './garbage/controller.ts'
import { openJobController } from './job/controller.ts'
import { ttlController } from './job/ttl.ts'
import { openRootCaPublisher, serviceAccountController } from './namespaceContent.ts'
import { namespaceController } from './namespaces.ts'
import { replicaSetController } from './replicaSet/controller.ts'
import { type Controller, type Runner, type RunnerOptions, startRunner } from './runner.ts'

export type ControllersOptions = Pick<RunnerOptions, 'onFailure'> & {
  /** Stops them, as `stop` does. */
  readonly signal: AbortSignal
  /** The API server's certificate authority, for `kube-root-ca.crt`. */
  readonly caPem: string
  readonly clock?: Clock
}

function openControllers(caPem: string): readonly Controller[] {
  return [
    deploymentController,
    replicaSetController,
    openJobController(),
    ttlController,
    autoscalerController,
    disruptionController,
    openEndpointSliceController(),
    openEndpointsController(),
    openGarbageCollector(),
    namespaceController,
    serviceAccountController,
    clusterRoleAggregationController,
    openRootCaPublisher(caPem),
  ]
}

/** What kube-controller-manager does. Writes as that program does, so that an object's managedFields look alike. */
export function startControllers(cluster: Cluster, { signal, caPem, clock = systemClock, ...options }: ControllersOptions): Runner {
  const runner = startRunner({ ...options, cluster: cluster.as('kube-controller-manager'), controllers: openControllers(caPem), clock })
  const stop = (): void => {
    signal.removeEventListener('abort', stop)
    runner.stop()
  }
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  return { stop }
}
