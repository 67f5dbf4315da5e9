/** `spec.strategy.canary.trafficRouting`: who splits requests, and how. Routers other than the edge are described as far as checking them needs. */
import { fields, flag, int32, int64, list, open, record, type Schema, text, textMap, texts } from './schema.ts'

const name = text('Its name.')

const istioVirtualService = record(
  'A VirtualService whose weights are set.',
  {
    name: text('Its name, or <name>.<namespace>.'),
    routes: texts('HTTP routes in it. Absent: it has one alone.'),
    tlsRoutes: list('TLS routes in it.', fields({ port: int64('Its port.'), sniHosts: texts('Its SNI hosts.') })),
    tcpRoutes: list('TCP routes in it.', fields({ port: int64('Its port.') })),
  },
  ['name'],
)

const istio = record('Istio.', {
  virtualService: istioVirtualService,
  virtualServices: list('Several VirtualServices.', istioVirtualService),
  destinationRule: record(
    "A DestinationRule whose subsets get the versions' hashes.",
    {
      name,
      canarySubsetName: text('Subset for the canary.'),
      stableSubsetName: text('Subset for stable.'),
      additionalSubsetNames: texts('Subsets for experiments.'),
    },
    ['name', 'canarySubsetName', 'stableSubsetName'],
  ),
})

const nginx = record('NGINX Ingress Controller.', {
  annotationPrefix: text('nginx.ingress.kubernetes.io if absent.'),
  stableIngress: text('Ingress that leads to stableService.'),
  stableIngresses: texts('Several of them.'),
  additionalIngressAnnotations: textMap("Annotations for the canary's Ingress."),
  canaryIngressAnnotations: textMap("Annotations for the canary's Ingress, without prefix."),
})

const alb = record(
  'AWS Load Balancer Controller.',
  {
    ingress: text('The Ingress.'),
    ingresses: texts('Several of them.'),
    servicePort: int32('Port of the Services.'),
    rootService: text('Service that the Ingress names. stableService if absent.'),
    annotationPrefix: text('alb.ingress.kubernetes.io if absent.'),
    stickinessConfig: record('Stickiness of target groups.', { enabled: flag('Whether.'), durationSeconds: int64('For how long.') }, [
      'enabled',
      'durationSeconds',
    ]),
  },
  ['servicePort'],
)

const virtualNode = record('A VirtualNode.', { name }, ['name'])
const appMesh = record('AWS App Mesh.', {
  virtualService: record('The VirtualService.', { name, routes: texts('Routes in its VirtualRouter.') }, ['name']),
  virtualNodeGroup: record('Its targets.', { canaryVirtualNodeRef: virtualNode, stableVirtualNodeRef: virtualNode }, [
    'canaryVirtualNodeRef',
    'stableVirtualNodeRef',
  ]),
})

export const trafficRouting: Schema = record('Who splits the requests. Absent: the numbers of pods alone.', {
  plugins: open('By name. spillway/edge: the edges; its options are all optional.', {
    'spillway/edge': open('Requests are split by the edges.', {
      stickiness: open('Which clients stay with the version that they met. None if absent.'),
      fallback: text('Where requests for a version without ready pods go: stable, or none (503). stable if absent.'),
      drainSeconds: int32("How long an old version's pods wait at most for requests under way. 30 if absent."),
      services: texts('Further Services that routes name, besides stableService.'),
    }),
  }),
  managedRoutes: list('Names that setHeaderRoute and setMirrorRoute steps use, first come first.', fields({ name }, ['name'])),
  maxTrafficWeight: int32('What all weights add up to. 100 if absent.'),
  istio,
  nginx,
  alb,
  smi: record('Service Mesh Interface.', { rootService: text('Service that clients name.'), trafficSplitName: text('Name of the TrafficSplit.') }),
  ambassador: record('Ambassador.', { mappings: texts('Mappings.') }, ['mappings']),
  appMesh,
  traefik: record('Traefik.', { weightedTraefikServiceName: text('The TraefikService.') }, ['weightedTraefikServiceName']),
  apisix: record('Apache APISIX.', { route: record('The ApisixRoute.', { name, rules: texts('HTTP rules in it.') }, ['name']) }),
})
