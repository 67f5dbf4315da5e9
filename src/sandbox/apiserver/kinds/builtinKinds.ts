import { configMap, secret } from './configs.ts'
import { coreEvent, event } from './events.ts'
import type { Kind } from './kind.ts'
import { lease } from './leases.ts'
import { namespace, serviceAccount } from './namespaces.ts'
import { pod } from './pods.ts'
import { service } from './services.ts'
import { deployment, replicaSet } from './workloads.ts'

/** Every kind that is served without a CustomResourceDefinition, sorted by group, then by name, as discovery lists them. */
export const builtinKinds: readonly Kind[] = [
  configMap,
  coreEvent,
  namespace,
  pod,
  secret,
  serviceAccount,
  service,
  deployment,
  replicaSet,
  lease,
  event,
]
