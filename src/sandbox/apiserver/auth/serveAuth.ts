import type { Cluster } from '../../cluster.ts'
import type { JsonObject, Unstructured } from '../../unstructured.ts'
import { notAllowed } from '../apiError.ts'
import type { Answer } from '../http/answer.ts'
import { objectIn, type SubresourceHandler } from '../http/apiRequest.ts'
import type { VirtualResource } from '../requests/virtualResource.ts'
import type { Authenticator } from './authenticate.ts'
import { bootstrapBindings, bootstrapRoles } from './bootstrap.ts'
import { reviewKinds } from './reviewKinds.ts'
import { reviews } from './reviews.ts'
import { requestToken } from './serviceAccountToken.ts'

type Now = { readonly nowMs: () => number }

/** What answers each review, by the kind's `storedAs`. */
export function reviewResources(authenticator: Authenticator, { nowMs }: Now): ReadonlyMap<string, VirtualResource> {
  return new Map(
    reviewKinds.map(({ kind, storedAs }): [string, VirtualResource] => [
      storedAs,
      (object, { user, namespace = '' }) => {
        const review = reviews[kind]
        if (review === undefined) throw new Error(`nothing answers a ${kind}`)
        return review(object, { user, authenticator, nowMs: nowMs(), namespace })
      },
    ]),
  )
}

/** Answers `serviceaccounts/token`. */
export function tokenRequests(authenticator: Authenticator, { nowMs }: Now): SubresourceHandler {
  return async (request): Promise<Answer> => {
    if (request.method !== 'POST') throw notAllowed()
    const { namespace = '', name = '' } = request.target
    const asked = tokenRequestIn(await objectIn(request, 'TokenRequest'))
    return { kind: 'object', code: 201, object: requestToken(asked, { namespace, name }, { ...authenticator, nowMs: nowMs() }) }
  }
}

function tokenRequestIn(body: JsonObject): Unstructured {
  return { ...body, apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: '' } }
}

/** The roles that every cluster has; what somebody has changed since stays. */
export function bootstrapAuth(cluster: Cluster): void {
  const put = (resource: string, objects: typeof bootstrapRoles | typeof bootstrapBindings): void => {
    for (const object of objects) if (cluster.find(resource, { name: object.metadata.name }) === undefined) cluster.create(resource, object)
  }
  put('clusterroles.rbac.authorization.k8s.io', bootstrapRoles)
  put('clusterrolebindings.rbac.authorization.k8s.io', bootstrapBindings)
}
