/** What the accounts of the installation may do, asked of the API server for everything that anybody could want. */
import type { KubeObject } from '../../src/api/meta.ts'
import type { KubeClient } from '../../src/kube/client.ts'
import type { Resource } from '../../src/kube/resource.ts'

export type Account = 'spillway-controller' | 'spillway-edge'
/** `everywhere`: in all namespaces; `at home`: in that of the installation. */
export type Where = 'everywhere' | 'at home'

/** By resource and group; verbs in order. What is everywhere is at home too. */
export const granted: Readonly<Record<Account, Readonly<Record<Where, Readonly<Record<string, string>>>>>> = {
  'spillway-controller': {
    everywhere: {
      'rollouts.argoproj.io': 'get list watch patch',
      'rollouts/status.argoproj.io': 'patch',
      'rollouts/finalizers.argoproj.io': 'update',
      'trafficsplits.spillway.dev': 'get list watch create patch delete',
      'trafficsplits/status.spillway.dev': 'patch',
      'replicasets.apps': 'get list watch create patch delete',
      'replicasets/finalizers.apps': 'update',
      'services.': 'get list watch create patch delete',
      'pods.': 'list watch',
      'pods/eviction.': 'create',
      'events.': 'create patch',
      'ingresses.networking.k8s.io': 'list watch',
      'ingresses/status.networking.k8s.io': 'patch',
      'leases.coordination.k8s.io': 'list',
    },
    'at home': {
      'leases.coordination.k8s.io': 'get list create update',
      'endpointslices.discovery.k8s.io': 'list watch',
    },
  },
  'spillway-edge': {
    everywhere: {
      'ingresses.networking.k8s.io': 'list watch',
      'ingressclasses.networking.k8s.io': 'list watch',
      'services.': 'list watch',
      'endpointslices.discovery.k8s.io': 'list watch',
      'trafficsplits.spillway.dev': 'list watch',
      'tokenreviews.authentication.k8s.io': 'create',
    },
    'at home': {},
  },
}

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', 'impersonate', 'bind', 'escalate']
/** Whatever the accounts have something to do with, and what somebody who holds their tokens would want. */
const resources = [
  ...[...new Set(Object.values(granted).flatMap((places) => Object.values(places).flatMap((rights) => Object.keys(rights))))],
  ...['secrets.', 'configmaps.', 'serviceaccounts.', 'serviceaccounts/token.', 'users.', 'groups.', 'nodes.', 'nodes/proxy.', 'namespaces.'],
  ...['pods/exec.', 'pods/log.', 'pods/portforward.', 'pods/proxy.', 'pods/ephemeralcontainers.', 'services/proxy.', 'endpoints.', '*.'],
  ...['deployments.apps', 'daemonsets.apps', 'statefulsets.apps', '*.apps', 'rollouts/scale.argoproj.io', '*.argoproj.io', '*.*'],
  ...['analysisruns.argoproj.io', 'experiments.argoproj.io', 'jobs.batch', 'horizontalpodautoscalers.autoscaling'],
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((name) => `${name}.rbac.authorization.k8s.io`),
  ...['customresourcedefinitions.apiextensions.k8s.io', 'certificatesigningrequests.certificates.k8s.io'],
  ...['mutatingwebhookconfigurations.admissionregistration.k8s.io', 'validatingwebhookconfigurations.admissionregistration.k8s.io'],
]

const reviews: Resource = {
  group: 'authorization.k8s.io',
  version: 'v1',
  name: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
}
type Review = KubeObject & { readonly spec: object; readonly status?: { readonly allowed: boolean } }

/** What one account may do in a place, as `granted` has it; and how many questions that took. */
export async function rightsOf(client: KubeClient, account: Account, where: Where): Promise<{ rights: Record<string, string>; asked: number }> {
  const rights: Record<string, string> = {}
  await Promise.all(
    resources.map(async (full) => {
      const dot = full.indexOf('.')
      const [resource, subresource] = full.slice(0, dot).split('/')
      const place = { group: full.slice(dot + 1), resource, ...(subresource !== undefined && { subresource }) }
      const allowed = await Promise.all(
        verbs.map(async (verb) => {
          const resourceAttributes = { ...place, verb, ...(where === 'at home' && { namespace: 'spillway' }) }
          const spec = { user: `system:serviceaccount:spillway:${account}`, groups: groupsOf, resourceAttributes }
          const review: Review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec }
          return (await client.create(reviews, review)).status?.allowed === true
        }),
      )
      const granted = verbs.filter((_, index) => allowed[index]).join(' ')
      if (granted !== '') rights[full] = granted
    }),
  )
  return { rights, asked: resources.length * verbs.length }
}

const groupsOf = ['system:serviceaccounts', 'system:serviceaccounts:spillway', 'system:authenticated']
