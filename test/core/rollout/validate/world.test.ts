// Rules that ask for the world: Services, who claims them, and who could carry out the traffic.
import t from 'tap'
import type { Service } from '../../../../src/api/services.ts'
import type { RouterFacts } from '../../../../src/core/rollout/observed.ts'
import { blueGreenRollout, canaryRollout, edited, told } from './rollouts.ts'

function service(
  name: string,
  selector: Readonly<Record<string, string>> = { app: 'shop' },
  annotations: Readonly<Record<string, string>> = {},
): Service {
  return { metadata: { name, annotations }, spec: { selector, ports: [{ port: 80 }] } } as Service
}

function services(...list: readonly Service[]): ReadonlyMap<string, Service> {
  return new Map(
    ['stable', 'canary', 'active', 'preview'].map((name) => [name, service(name)] as const).concat(list.map((each) => [each.metadata.name, each])),
  )
}

const canary = 'spec.strategy.canary'
const managedBy = 'argo-rollouts.argoproj.io/managed-by-rollouts'

t.test('Services must be there, and be meant for the pods', async (t) => {
  const all = services()
  t.strictSame(told(canaryRollout(), { services: all }), [])
  t.strictSame(told(blueGreenRollout(), { services: all }), [])
  t.strictSame(told(canaryRollout(), { services: new Map() }), [
    `${canary}.stableService: there is no Service "stable" in the namespace; create it, or write the name of one that is there`,
    `${canary}.canaryService: there is no Service "canary" in the namespace; create it, or write the name of one that is there`,
  ])
  t.match(told(blueGreenRollout(), { services: new Map() }), [/activeService/, /previewService/])
  t.strictSame(told(canaryRollout(), { services: services(service('stable', { app: 'shop', tier: 'web' })) }), [
    `${canary}.stableService: the Service "stable" selects pods with tier: "web", which the template's are not; add that label to spec.template, or remove it from the Service's selector`,
  ])
  const withHash = service('stable', { app: 'shop', 'rollouts-pod-template-hash': 'abc' })
  t.strictSame(told(canaryRollout(), { services: services(withHash) }), [], 'the hash is ours')
  const external = { ...service('stable', {}), spec: { type: 'ExternalName', externalName: 'x' } } as Service
  t.match(told(canaryRollout(), { services: services(external) }), [/stableService: the Service "stable" is of type ExternalName and has no pods/])
  const extra = edited(canaryRollout(), { [`${canary}.trafficRouting.plugins`]: { 'spillway/edge': { services: ['root'] } } })
  t.match(told(extra, { services: all }), [/plugins\["spillway\/edge"\]\.services\[0\]: there is no Service "root"/])
})

t.test('a Service belongs to one Rollout', async (t) => {
  t.match(told(canaryRollout(), { services: services(), claimedBy: new Map([['canary', 'older']]) }), [
    /^spec\.strategy\.canary\.canaryService: the Service "canary" belongs to the Rollout "older"; /,
  ])
  t.match(told(canaryRollout(), { services: services(service('stable', {}, { [managedBy]: 'other' })) }), [/belongs to the Rollout "other"/])
  t.strictSame(told(canaryRollout(), { services: services(service('stable', {}, { [managedBy]: 'shop' })) }), [])
})

const nobody: RouterFacts = { isEdgeDefault: true, hasIstio: false, ingresses: new Map() }
const istio = edited(canaryRollout(), { [`${canary}.trafficRouting`]: { istio: { virtualService: { name: 'shop', routes: ['primary'] } } } })
const nginx = edited(canaryRollout(), { [`${canary}.trafficRouting`]: { nginx: { stableIngress: 'web' }, maxTrafficWeight: 1_000 } })
const none = edited(canaryRollout(), { [`${canary}.trafficRouting`]: undefined, [`${canary}.steps.0`]: { setCanaryScale: { replicas: 1 } } })

t.test('where edges are the default they carry out what nobody else could', async (t) => {
  t.strictSame(told(istio, { router: nobody }), [])
  t.match(told(istio, { router: { ...nobody, hasIstio: true } }), [/trafficRouting\.istio: is not supported yet; .*with Istio in the cluster/])
  t.strictSame(told(istio, { router: { ...nobody, hasIstio: undefined } }), [], 'whoever decides waits until it is known')
  t.match(told(istio, { router: { ...nobody, isEdgeDefault: false } }), [/istio: is not supported yet; .*--default-router edge/])
  const alone = edited(istio, { [`${canary}.canaryService`]: undefined })
  t.match(told(alone, { router: nobody }), [/canaryService: is missing, and istio needs it/])
  const subsets = edited(alone, { [`${canary}.trafficRouting.istio.destinationRule`]: { name: 'x', canarySubsetName: 'c', stableSubsetName: 's' } })
  t.strictSame(told(subsets, { router: nobody }), [])

  t.strictSame(told(nginx, { router: { ...nobody, ingresses: new Map([['web', ['stable']]]) } }), [])
  t.match(told(nginx, { router: nobody }), [/nginx\.stableIngress: there is no Ingress "web" of class spillway/])
  t.match(told(nginx, { router: { ...nobody, ingresses: new Map([['web', ['other']]]) } }), [
    /the Ingress "web" does not lead to stableService "stable"/,
  ])

  t.strictSame(told(none, { router: { ...nobody, ingresses: new Map([['web', ['stable']]]) } }), [], 'an Ingress of ours leads to stableService')
  t.match(told(none, { router: nobody }), [/setCanaryScale: needs trafficRouting/])
  t.match(told(none, { router: { isEdgeDefault: false, hasIstio: false, ingresses: new Map([['web', ['stable']]]) } }), [/setCanaryScale: needs/])
})

t.test('what was decided when the revision began stands', async (t) => {
  const decided = (rollout: Record<string, unknown>, router: string) => edited(rollout, { status: { spillway: { router } } })
  for (const rollout of [istio, nginx, none]) t.strictSame(told(decided(rollout, 'edge'), { router: undefined }), [])
  t.match(told(decided(none, 'pods'), { router: undefined }), [/setCanaryScale: needs trafficRouting/])
})
