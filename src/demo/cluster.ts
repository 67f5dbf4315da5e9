/** The cluster as the demo needs it: made of manifests, looked at now and then. */
import { setTimeout as delay } from 'node:timers/promises'
import type { KubeObject } from '../api/meta.ts'
import type { Pod } from '../api/pod.ts'
import type { Rollout } from '../api/rollout.ts'
import type { Service } from '../api/services.ts'
import type { TrafficSplit } from '../api/trafficSplit.ts'
import type { KubeClient } from '../kube/client.ts'
import { shop } from './shop.ts'

type Kind = Parameters<KubeClient['get']>[0]

/** What there is of the release at a moment. */
export type Seen = {
  readonly rollout: Rollout | undefined
  readonly split: TrafficSplit | undefined
  /** Of the shop. */
  readonly pods: readonly Pod[]
  /** Where requests come in; undefined: nowhere yet. */
  readonly url: string | undefined
}

const kind = (group: string, version: string, name: string, kind: string, namespaced = true): Kind => ({ group, version, name, kind, namespaced })
const rollouts = kind('argoproj.io', 'v1alpha1', 'rollouts', 'Rollout')
const splits = kind('spillway.dev', 'v1alpha1', 'trafficsplits', 'TrafficSplit')
const pods = kind('', 'v1', 'pods', 'Pod')
const services = kind('', 'v1', 'services', 'Service')
const definitions = kind('apiextensions.k8s.io', 'v1', 'customresourcedefinitions', 'CustomResourceDefinition', false)
/** Those of the manifests. */
const kinds: readonly Kind[] = [
  rollouts,
  services,
  definitions,
  kind('', 'v1', 'namespaces', 'Namespace', false),
  kind('', 'v1', 'serviceaccounts', 'ServiceAccount'),
  kind('apps', 'v1', 'deployments', 'Deployment'),
  kind('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  kind('networking.k8s.io', 'v1', 'ingressclasses', 'IngressClass', false),
  kind('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  kind('rbac.authorization.k8s.io', 'v1', 'roles', 'Role'),
  kind('rbac.authorization.k8s.io', 'v1', 'rolebindings', 'RoleBinding'),
  kind('rbac.authorization.k8s.io', 'v1', 'clusterroles', 'ClusterRole', false),
  kind('rbac.authorization.k8s.io', 'v1', 'clusterrolebindings', 'ClusterRoleBinding', false),
]
const establishedMs = 10_000
const lookEveryMs = 50

/** Makes all objects, custom kinds first. Rejects with what the server said of one. */
export async function install(client: KubeClient, objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  const isDefinition = (object: KubeObject): boolean => object.kind === definitions.kind
  const make = (object: KubeObject): Promise<unknown> => client.create(kindOf(object), object, { signal })
  await Promise.all(objects.filter(isDefinition).map(make))
  await established(client, signal)
  for (const object of objects.filter((each) => !isDefinition(each))) await make(object)
}

function kindOf({ apiVersion = 'v1', kind }: KubeObject): Kind {
  const found = kinds.find((each) => each.kind === kind && (each.group === '' ? each.version : `${each.group}/${each.version}`) === apiVersion)
  if (found === undefined) throw new Error(`the demo does not know the kind ${kind} of ${apiVersion}`)
  return found
}

type Definition = KubeObject & { readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } }

async function established(client: KubeClient, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(establishedMs)])
  for (;;) {
    const { items } = await client.list<Definition>(definitions, { signal: late })
    if (items.every(({ status }) => status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True'))) return
    await delay(lookEveryMs, undefined, { signal: late })
  }
}

export async function look(client: KubeClient, signal: AbortSignal): Promise<Seen> {
  const { namespace, name } = shop
  const [{ items: found }, { items: own }, { items: all }, { items: doors }] = await Promise.all([
    client.list<Rollout>(rollouts, { namespace, signal }),
    client.list<TrafficSplit>(splits, { namespace, signal }),
    client.list<Pod>(pods, { namespace, labelSelector: `app=${name}`, signal }),
    client.list<Service>(services, { labelSelector: 'spillway.dev/component=edge', signal }),
  ])
  const named = (each: KubeObject): boolean => each.metadata.name === name
  return { rollout: found.find(named), split: own.find(named), pods: all, url: urlOf(doors) }
}

function urlOf(doors: readonly Service[]): string | undefined {
  const [at] = doors.flatMap(({ status }) => status?.loadBalancer?.ingress ?? [])
  // Where the port that was asked for could not be had, the first one of the list is the one for http.
  const port = at?.ports?.[0]?.port ?? 80
  return at?.ip === undefined ? undefined : `http://${at.ip}${port === 80 ? '' : `:${port}`}`
}
