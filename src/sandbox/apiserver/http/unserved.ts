import { ApiError, notFound } from '../apiError.ts'
import type { Machinery } from '../requests/machinery.ts'
import { about, findLive } from '../requests/write.ts'
import { callOf, type SubresourceHandler } from './apiRequest.ts'

/** Subresources that clients know and a sandbox has no answer to, with what to do instead. */
const unserved: Readonly<Record<string, string>> = {
  'pods/attach': 'its pods are processes of this machine: see their output with kubectl logs',
  'pods/exec': 'its pods are processes of this machine: run the command yourself, with the environment that kubectl describe shows',
  'pods/portforward': "its pods listen on loopback addresses of this machine: connect to the pod's address",
  'pods/proxy': "its pods listen on loopback addresses of this machine: connect to the pod's address",
  'services/proxy': 'Services of type NodePort and LoadBalancer listen on loopback: connect there',
  'nodes/proxy': 'its node has no server of its own',
  'pods/ephemeralcontainers': 'its pods are processes of this machine: attach a debugger to them',
  'pods/resize': 'its pods are processes of this machine: they have no limits to change',
}

/** Refuses what a sandbox does not serve; says so only of objects that are there. */
export function unservedSubresources(machinery: Machinery): readonly (readonly [name: string, handler: SubresourceHandler])[] {
  return Object.entries(unserved).map(([name, instead]) => [
    name,
    (request) => {
      const call = callOf(request, { manager: { name: '', asked: false }, dryRun: false, fieldValidation: 'Ignore' })
      const at = request.target.name ?? ''
      if (findLive(machinery, call, at) === undefined) throw notFound(about(call, at))
      throw new ApiError({ code: 501, reason: 'NotImplemented', message: `a sandbox does not serve ${name}; ${instead}` })
    },
  ])
}
