import { core, deployment, deployments, object, podTemplate, replicaSet, replicaSets, service, services } from '../objects.ts'
import { get, patch, post, rule, topic } from '../script.ts'

const apps = '/apis/apps/v1/namespaces/{ns}'
const batch = '/apis/batch/v1/namespaces/{ns}'
const networking = '/apis/networking.k8s.io/v1'
const whole = (path: string, body: unknown): ReturnType<typeof post> =>
  post(path, body, { only: ['spec', 'status', 'metadata.labels', 'metadata.annotations', 'metadata.generation', 'data', 'type', 'message'] })
const refused = (path: string, body: unknown): ReturnType<typeof post> => post(path, body, { only: ['message', 'reason', 'details'] })
const run = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'shop:1' }] }

export const defaults = topic('defaults', [
  rule(
    'Deployments',
    whole(deployments, deployment('d1')),
    whole(deployments, deployment('d2', { strategy: { type: 'Recreate' }, paused: true, minReadySeconds: 5 })),
    whole(deployments, deployment('d3', { strategy: { rollingUpdate: { maxSurge: 1 } }, replicas: 0 })),
    whole(
      deployments,
      deployment('d4', {
        template: podTemplate(
          { app: 'd4' },
          { containers: [{ name: 'a', image: 'a', ports: [{ containerPort: 1 }], readinessProbe: { httpGet: { port: 1 } } }] },
        ),
      }),
    ),
  ),
  rule(
    'Deployments that cannot be',
    refused(deployments, deployment('x', { strategy: { type: 'Recreate', rollingUpdate: {} } })),
    refused(deployments, deployment('x', { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } })),
    refused(deployments, deployment('x', { strategy: { rollingUpdate: { maxSurge: 'many' } } })),
    refused(deployments, deployment('x', { strategy: { rollingUpdate: { maxUnavailable: '150%' } } })),
    refused(deployments, deployment('x', { progressDeadlineSeconds: 0 })),
    refused(deployments, deployment('x', { minReadySeconds: 700 })),
    refused(deployments, deployment('x', { selector: {} })),
    refused(deployments, deployment('x', { selector: { matchExpressions: [{ key: 'a', operator: 'Maybe' }] } })),
    refused(deployments, deployment('x', { selector: { matchLabels: { app: 'other' } } })),
    refused(deployments, deployment('x', { revisionHistoryLimit: -1, replicas: -1 })),
    patch(
      'merge',
      `${deployments}/d1`,
      { spec: { selector: { matchLabels: { app: 'z' } }, template: { metadata: { labels: { app: 'z' } } } } },
      { only: ['message', 'details'] },
    ),
  ),
  rule(
    'ReplicaSets',
    whole(replicaSets, replicaSet('rs1')),
    refused(replicaSets, replicaSet('x', { selector: undefined })),
    refused(replicaSets, replicaSet('x', { template: undefined })),
    refused(replicaSets, replicaSet('x', { minReadySeconds: -1 })),
  ),
  rule(
    'Services',
    whole(services, service('s1')),
    whole(
      services,
      service('s2', {
        type: 'NodePort',
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 81, targetPort: 'http' },
        ],
      }),
    ),
    whole(services, service('s3', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' })),
    whole(services, service('s4', { clusterIP: 'None' })),
    whole(services, service('s5', { type: 'ExternalName', externalName: 'example.com', selector: undefined, ports: undefined })),
    whole(services, service('s6', { sessionAffinity: 'ClientIP' })),
    whole(services, service('s7', { selector: undefined })),
  ),
  rule(
    'Services that cannot be',
    refused(services, service('x', { ports: [] })),
    refused(services, service('x', { ports: [{ port: 0 }] })),
    refused(services, service('x', { ports: [{ port: 80 }, { port: 81 }] })),
    refused(
      services,
      service('x', {
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 81 },
        ],
      }),
    ),
    refused(
      services,
      service('x', {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      }),
    ),
    refused(services, service('x', { ports: [{ name: 'A_', port: 80 }] })),
    refused(services, service('x', { type: 'Nothing' })),
    refused(services, service('x', { type: 'ExternalName' })),
    refused(services, service('x', { clusterIP: 'x' })),
    refused(services, service('x', { clusterIP: '1.2.3.4' })),
    refused(services, service('x', { sessionAffinity: 'X' })),
    refused(services, service('x', { type: 'ClusterIP', ports: [{ port: 80, nodePort: 30080 }] })),
    refused(services, service('x', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] })),
    refused(services, service('x', { ports: [{ port: 80, targetPort: 'Bad Port' }] })),
    refused(services, service('x', { ports: [{ port: 80, targetPort: 70000 }] })),
    refused(services, service('x', { externalTrafficPolicy: 'Local' })),
  ),
  rule(
    'Services change their type',
    patch('merge', `${services}/s1`, { spec: { type: 'NodePort' } }, { only: ['spec'] }),
    patch('merge', `${services}/s1`, { spec: { type: 'ClusterIP' } }, { only: ['spec', 'message'] }),
    patch('merge', `${services}/s1`, { spec: { clusterIP: '10.96.0.99' } }, { only: ['reason', 'details.causes.0.field'] }),
    patch(
      'merge',
      `${services}/s1`,
      { spec: { type: 'ExternalName', externalName: 'a.b', clusterIP: null, clusterIPs: null } },
      { only: ['spec', 'message'] },
    ),
  ),
  rule(
    'EndpointSlices',
    whole(
      '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
      object('discovery.k8s.io/v1', 'EndpointSlice', 'e1', { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'] }], ports: [{}] }),
    ),
    get('/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/e1'),
    refused(
      '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
      object('discovery.k8s.io/v1', 'EndpointSlice', 'x', { addressType: 'X', endpoints: [{ addresses: ['x'] }] }),
    ),
    refused(
      '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices',
      object('discovery.k8s.io/v1', 'EndpointSlice', 'x', {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['x'] }, { addresses: [] }, { addresses: ['127.0.0.1'] }],
        ports: [{ name: 'a' }, { name: 'a', protocol: 'X' }],
      }),
    ),
    patch('merge', '/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices/e1', { addressType: 'IPv6' }, { only: ['message'] }),
    post(`${core}/endpoints`, object('v1', 'Endpoints', 'e1', { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] })),
  ),
  rule(
    'Jobs',
    whole(`${batch}/jobs`, object('batch/v1', 'Job', 'j1', { spec: { template: { spec: run } } })),
    whole(
      `${batch}/jobs`,
      object('batch/v1', 'Job', 'j2', {
        spec: { parallelism: 3, completions: 2, completionMode: 'Indexed', backoffLimit: 1, template: { spec: run } },
      }),
    ),
    whole(`${batch}/jobs`, object('batch/v1', 'Job', 'j3', { spec: { suspend: true, template: { spec: run } } })),
    refused(`${batch}/jobs`, object('batch/v1', 'Job', 'x', { spec: { template: { spec: { containers: [] } } } })),
    refused(`${batch}/jobs`, object('batch/v1', 'Job', 'x', { spec: { parallelism: -1, template: { spec: run } } })),
    refused(`${batch}/jobs`, object('batch/v1', 'Job', 'x', { spec: { completionMode: 'Indexed', template: { spec: run } } })),
    refused(`${batch}/jobs`, object('batch/v1', 'Job', 'x', { spec: { selector: { matchLabels: { a: 'b' } }, template: { spec: run } } })),
    patch('merge', `${batch}/jobs/j1`, { spec: { completions: 5 } }, { only: ['message', 'spec.completions'] }),
    patch(
      'merge',
      `${batch}/jobs/j1`,
      { spec: { template: { spec: { restartPolicy: 'OnFailure' } } } },
      { only: ['reason', 'details.causes.0.field'] },
    ),
  ),
  rule(
    'CronJobs',
    whole(
      `${batch}/cronjobs`,
      object('batch/v1', 'CronJob', 'c1', { spec: { schedule: '0 0 * * *', suspend: true, jobTemplate: { spec: { template: { spec: run } } } } }),
    ),
    refused(
      `${batch}/cronjobs`,
      object('batch/v1', 'CronJob', 'x', { spec: { schedule: 'often', concurrencyPolicy: 'X', jobTemplate: { spec: { template: { spec: run } } } } }),
    ),
  ),
  rule(
    'StatefulSets and DaemonSets',
    whole(
      `${apps}/statefulsets`,
      object('apps/v1', 'StatefulSet', 's1', {
        spec: {
          selector: { matchLabels: { a: 'b' } },
          template: podTemplate({ a: 'b' }),
          volumeClaimTemplates: [
            { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
          ],
        },
      }),
    ),
    whole(
      `${apps}/daemonsets`,
      object('apps/v1', 'DaemonSet', 'd1', { spec: { selector: { matchLabels: { a: 'b' } }, template: podTemplate({ a: 'b' }) } }),
    ),
    patch('merge', `${apps}/statefulsets/s1`, { spec: { serviceName: 'x' } }, { only: ['message'] }),
  ),
  rule(
    'Ingresses',
    whole(
      `${networking}/namespaces/{ns}/ingresses`,
      object('networking.k8s.io/v1', 'Ingress', 'i1', {
        spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] } }] },
      }),
    ),
    refused(`${networking}/namespaces/{ns}/ingresses`, object('networking.k8s.io/v1', 'Ingress', 'x', { spec: {} })),
    refused(
      `${networking}/namespaces/{ns}/ingresses`,
      object('networking.k8s.io/v1', 'Ingress', 'x', {
        spec: {
          rules: [
            {
              host: '*.*.x',
              http: {
                paths: [
                  { path: 'x', pathType: 'Prefix', backend: {} },
                  { path: '/x', backend: { service: { name: 's', port: { name: 'a', number: 1 } } } },
                ],
              },
            },
          ],
        },
      }),
    ),
    whole(`${networking}/ingressclasses`, object('networking.k8s.io/v1', 'IngressClass', '{ns}', { spec: { controller: 'spillway.dev/edge' } })),
  ),
  rule(
    'HorizontalPodAutoscalers',
    whole(
      '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'h1', {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          maxReplicas: 3,
          behavior: { scaleUp: { stabilizationWindowSeconds: 1 } },
        },
      }),
    ),
    get('/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers/h1', { only: ['apiVersion', 'spec', 'metadata.annotations'] }),
    refused(
      '/apis/autoscaling/v2/namespaces/{ns}/horizontalpodautoscalers',
      object('autoscaling/v2', 'HorizontalPodAutoscaler', 'x', { spec: { scaleTargetRef: { kind: '', name: '' }, minReplicas: 5, maxReplicas: 3 } }),
    ),
    whole(
      '/apis/autoscaling/v1/namespaces/{ns}/horizontalpodautoscalers',
      object('autoscaling/v1', 'HorizontalPodAutoscaler', 'h2', {
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
      }),
    ),
  ),
  rule(
    'other kinds',
    whole(`${core}/serviceaccounts`, object('v1', 'ServiceAccount', 'sa')),
    whole(
      `${core}/persistentvolumeclaims`,
      object('v1', 'PersistentVolumeClaim', 'pvc', { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }),
    ),
    whole(`${core}/resourcequotas`, object('v1', 'ResourceQuota', 'q', { spec: { hard: { pods: '100' } } })),
    whole(`${core}/limitranges`, object('v1', 'LimitRange', 'lr', { spec: { limits: [{ type: 'Pod', max: { cpu: '100' } }] } })),
    whole(
      '/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets',
      object('policy/v1', 'PodDisruptionBudget', 'pdb', { spec: { maxUnavailable: 1, selector: {} } }),
    ),
    whole(
      `${networking}/namespaces/{ns}/networkpolicies`,
      object('networking.k8s.io/v1', 'NetworkPolicy', 'np', { spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } }),
    ),
    whole('/apis/scheduling.k8s.io/v1/priorityclasses', object('scheduling.k8s.io/v1', 'PriorityClass', '{ns}', { value: 5 })),
  ),
])
