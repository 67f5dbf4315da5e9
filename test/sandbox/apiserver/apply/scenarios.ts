import type { JsonObject } from '../../../../src/sandbox/unstructured.ts'

export type Step = {
  readonly do: 'create' | 'update' | 'merge' | 'apply'
  readonly as: string
  readonly body: JsonObject
  readonly subresource?: 'status'
  readonly force?: true
  /** Served elsewhere than the scenario's kind: another version of it. */
  readonly apiVersion?: string
}

export type Scenario = {
  readonly name: string
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly steps: readonly Step[]
}

const map = (metadata: JsonObject, data: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'NAME', ...metadata },
  data,
})
const maps = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' }
const pods = { apiVersion: 'v1', kind: 'Pod', plural: 'pods' }
const templates = { apiVersion: 'v1', kind: 'PodTemplate', plural: 'podtemplates' }
const services = { apiVersion: 'v1', kind: 'Service', plural: 'services' }
const things = { apiVersion: 'apply.example.com/v1', kind: 'Thing', plural: 'things' }
const scalers = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' }
const policies = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' }

const pod = (spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'NAME', ...metadata },
  spec,
})
const template = (containers: readonly JsonObject[], spec: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'PodTemplate',
  metadata: { name: 'NAME' },
  template: { metadata: { labels: { app: 'x' } }, spec: { containers, ...spec } },
})
const web = (more: JsonObject): JsonObject => ({ name: 'web', image: 'web:1', ...more })
const service = (spec: JsonObject): JsonObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'NAME' }, spec })
const thing = (spec: JsonObject): JsonObject => ({ apiVersion: 'apply.example.com/v1', kind: 'Thing', metadata: { name: 'NAME' }, spec })
const scaler = (apiVersion: string, spec: JsonObject): JsonObject => ({
  apiVersion,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'NAME' },
  spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, ...spec },
})
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

export const scenarios: readonly Scenario[] = [
  {
    name: 'created, replaced and patched',
    ...maps,
    steps: [
      { do: 'create', as: 'one', body: map({ labels: { a: '1' }, annotations: { b: '2' } }, { x: '1', y: '2' }) },
      { do: 'update', as: 'two', body: map({ labels: { a: '1', c: '3' } }, { x: '1', y: '3' }) },
      { do: 'merge', as: 'three', body: { data: { y: null, z: '4' } } },
      { do: 'merge', as: 'three', body: { data: { z: '4' } } },
      { do: 'merge', as: 'three', body: { data: { z: '5' }, metadata: { labels: null } } },
      { do: 'merge', as: 'one', body: { data: null } },
    ],
  },
  {
    name: 'applied, with less, by another and by force',
    ...maps,
    steps: [
      { do: 'apply', as: 'one', body: map({ labels: { a: '1' } }, { x: '1', y: '2' }) },
      { do: 'apply', as: 'one', body: map({}, { x: '1' }) },
      { do: 'apply', as: 'two', body: map({}, { x: '2', z: '1' }) },
      { do: 'apply', as: 'two', body: map({}, { x: '2', z: '1' }), force: true },
      { do: 'apply', as: 'one', body: map({}, { x: '1', z: '2' }) },
      { do: 'apply', as: 'two', body: map({}, {}) },
    ],
  },
  {
    name: 'shared between appliers',
    ...maps,
    steps: [
      { do: 'apply', as: 'one', body: map({}, { x: '1', y: '1' }) },
      { do: 'apply', as: 'two', body: map({}, { x: '1' }) },
      { do: 'apply', as: 'two', body: map({}, { x: '1' }) },
      { do: 'apply', as: 'one', body: map({}, { y: '1' }) },
      { do: 'merge', as: 'two', body: { data: { x: '1' } } },
      { do: 'apply', as: 'two', body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'NAME' } } },
    ],
  },
  {
    name: 'an update takes from an applier',
    ...maps,
    steps: [
      { do: 'apply', as: 'one', body: map({}, { x: '1', y: '1' }) },
      { do: 'merge', as: 'two', body: { data: { x: '2' } } },
      { do: 'apply', as: 'one', body: map({}, { x: '1', y: '1' }) },
      { do: 'apply', as: 'one', body: map({}, { y: '1' }) },
      { do: 'merge', as: 'one', body: { data: { y: null } } },
    ],
  },
  {
    name: 'first applied where nobody is known',
    ...maps,
    steps: [
      { do: 'create', as: 'one', body: map({ labels: { a: '1' } }, { x: '1', y: '1' }) },
      { do: 'merge', as: 'two', body: { metadata: { managedFields: [{}] } } },
      { do: 'merge', as: 'two', body: { data: { y: '2' } } },
      { do: 'apply', as: 'three', body: map({}, { x: '1', z: '3' }) },
      { do: 'apply', as: 'three', body: map({}, { x: '2', z: '3' }) },
    ],
  },
  {
    name: 'managedFields that the client sends',
    ...maps,
    steps: [
      { do: 'apply', as: 'one', body: map({}, { x: '1', y: '1' }) },
      {
        do: 'merge',
        as: 'two',
        body: {
          metadata: {
            managedFields: [
              {
                manager: 'made-up',
                operation: 'Update',
                apiVersion: 'v1',
                time: '2020-01-01T00:00:00Z',
                fieldsType: 'FieldsV1',
                fieldsV1: { 'f:data': { 'f:x': {} } },
              },
            ],
          },
        },
      },
      {
        do: 'merge',
        as: 'two',
        body: { metadata: { managedFields: [{ manager: 'bad', operation: 'Nothing', apiVersion: 'v1' }] }, data: { y: '2' } },
      },
      { do: 'merge', as: 'two', body: { metadata: { managedFields: null }, data: { y: '3' } } },
      { do: 'merge', as: 'two', body: { metadata: { managedFields: [] } } },
    ],
  },
  {
    name: 'more updaters than are kept',
    ...maps,
    steps: [
      { do: 'create', as: 'm00', body: map({}, { k00: '1' }) },
      ...Array.from({ length: 12 }, (_, index): Step => {
        const name = String(index + 1).padStart(2, '0')
        return { do: 'merge', as: `m${name}`, body: { data: { [`k${name}`]: '1' } } }
      }),
      { do: 'merge', as: 'm05', body: { data: { k05: '2' } } },
    ],
  },
  {
    name: 'finalizers',
    ...maps,
    steps: [
      { do: 'apply', as: 'one', body: map({ finalizers: ['example.com/a', 'example.com/b'] }) },
      { do: 'apply', as: 'two', body: map({ finalizers: ['example.com/c', 'example.com/b'] }) },
      { do: 'apply', as: 'one', body: map({ finalizers: ['example.com/a'] }) },
      { do: 'merge', as: 'three', body: { metadata: { finalizers: ['example.com/d'] } } },
      { do: 'apply', as: 'two', body: map({}) },
    ],
  },
  {
    name: 'what kubectl applied before it applied on the server',
    ...maps,
    steps: [
      {
        do: 'create',
        as: 'kubectl-client-side-apply',
        body: map(
          {
            annotations: {
              [lastApplied]: '{"apiVersion":"v1","data":{"x":"1","y":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"NAME"}}\n',
            },
          },
          { x: '1', y: '1' },
        ),
      },
      { do: 'merge', as: 'other', body: { data: { y: '2' } } },
      { do: 'apply', as: 'kubectl', body: map({}, { x: '2', y: '3' }) },
      { do: 'apply', as: 'kubectl', body: map({ annotations: { note: 'n' } }, { x: '2' }) },
      { do: 'apply', as: 'someone', body: map({}, { x: '3' }) },
    ],
  },
  {
    name: 'a pod, its status and its defaults',
    ...pods,
    steps: [
      {
        do: 'create',
        as: 'one',
        body: pod({ containers: [web({ ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] })] }, { labels: { app: 'x' } }),
      },
      {
        do: 'merge',
        as: 'kubelet',
        subresource: 'status',
        body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] } },
      },
      {
        do: 'merge',
        as: 'kubelet',
        subresource: 'status',
        body: {
          status: {
            conditions: [
              { type: 'Ready', status: 'False' },
              { type: 'example.com/ready', status: 'True' },
            ],
          },
          metadata: { labels: { b: '1' } },
        },
      },
      { do: 'merge', as: 'two', body: { status: { phase: 'Failed' }, metadata: { labels: { c: '1' } } } },
      {
        do: 'apply',
        as: 'three',
        subresource: 'status',
        body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'NAME' }, status: { conditions: [{ type: 'example.com/more', status: 'True' }] } },
      },
      { do: 'apply', as: 'three', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'NAME', labels: { d: '1' } }, status: { message: 'x' } } },
    ],
  },
  {
    name: 'containers by name',
    ...templates,
    steps: [
      {
        do: 'apply',
        as: 'one',
        body: template([
          web({
            ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
            args: ['x', 'y'],
          }),
        ]),
      },
      {
        do: 'apply',
        as: 'two',
        body: template([
          { name: 'log', image: 'log:1' },
          { name: 'web', env: [{ name: 'C', value: '3' }] },
        ]),
      },
      {
        do: 'apply',
        as: 'one',
        body: template([web({ ports: [{ containerPort: 80, name: 'http' }], env: [{ name: 'B', value: '2' }], args: ['x'] })]),
      },
      {
        do: 'merge',
        as: 'three',
        body: {
          template: {
            spec: {
              containers: [web({ image: 'web:2', resources: { limits: { cpu: '1' } }, securityContext: {} })],
              volumes: [{ name: 'v', emptyDir: {} }],
              nodeSelector: { a: 'b' },
            },
          },
        },
      },
      { do: 'apply', as: 'one', body: template([web({ image: 'web:3', args: ['y'] })]) },
      {
        do: 'apply',
        as: 'one',
        body: template([web({ image: 'web:3', resources: { requests: { cpu: '1', memory: '1Gi' } }, securityContext: {} })], {
          nodeSelector: {},
          hostNetwork: false,
          securityContext: null,
        }),
        force: true,
      },
      { do: 'apply', as: 'one', body: template([web({ image: 'web:3' })]) },
    ],
  },
  {
    name: 'the order of applied elements',
    ...templates,
    steps: [
      { do: 'apply', as: 'one', body: template([web({ env: ['A', 'B', 'C', 'D'].map((name) => ({ name, value: '1' })) })]) },
      { do: 'apply', as: 'two', body: template([{ name: 'web', env: ['X', 'C', 'Y'].map((name) => ({ name, value: name === 'C' ? '1' : '2' })) }]) },
      { do: 'apply', as: 'one', body: template([web({ env: ['D', 'B', 'A', 'C'].map((name) => ({ name, value: '1' })) })]) },
      { do: 'apply', as: 'two', body: template([{ name: 'web', env: ['Y', 'X'].map((name) => ({ name, value: '2' })) }]) },
      { do: 'apply', as: 'one', body: template([web({ env: ['E', 'A'].map((name) => ({ name, value: '1' })) })]) },
    ],
  },
  {
    name: 'a service and the defaults of its keys',
    ...services,
    steps: [
      {
        do: 'apply',
        as: 'one',
        body: service({
          selector: { app: 'x' },
          type: 'LoadBalancer',
          ports: [
            { port: 80, name: 'a' },
            { port: 53, protocol: 'UDP', name: 'dns' },
          ],
        }),
      },
      {
        do: 'apply',
        as: 'one',
        body: service({
          selector: { app: 'x' },
          type: 'LoadBalancer',
          ports: [
            { port: 80, name: 'http' },
            { port: 53, protocol: 'UDP', name: 'dns' },
          ],
        }),
      },
      { do: 'merge', as: 'two', subresource: 'status', body: { status: { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } } } },
      { do: 'merge', as: 'two', body: { spec: { selector: { app: 'y' } } } },
      {
        do: 'apply',
        as: 'one',
        body: service({ selector: { app: 'x' }, type: 'LoadBalancer', ports: [{ port: 80, name: 'http', targetPort: 'web' }] }),
      },
      {
        do: 'apply',
        as: 'one',
        body: service({ selector: { app: 'x' }, type: 'LoadBalancer', ports: [{ port: 80, name: 'http', targetPort: 8080 }] }),
        force: true,
      },
    ],
  },
  {
    name: 'lists as one',
    ...policies,
    steps: [
      {
        do: 'apply',
        as: 'one',
        body: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'NAME' },
          spec: { podSelector: { matchLabels: { a: 'b' } }, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] },
        },
      },
      {
        do: 'apply',
        as: 'two',
        body: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'NAME' },
          spec: { podSelector: { matchLabels: { c: 'd' } }, ingress: [] },
        },
      },
      {
        do: 'apply',
        as: 'two',
        body: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'NAME' }, spec: { podSelector: {}, ingress: [] } },
        force: true,
      },
      { do: 'apply', as: 'one', body: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'NAME' } } },
    ],
  },
  {
    name: 'a custom kind',
    ...things,
    steps: [
      {
        do: 'apply',
        as: 'one',
        body: thing({
          items: [
            { id: 1, zone: 'a', value: 'x' },
            { id: 2, value: 'y' },
          ],
          tags: ['p', 'q'],
          steps: [{ a: 1 }],
          whole: { a: 1 },
          parts: { m: { n: 1 } },
          any: { deep: { er: 1 }, list: [1] },
          port: 80,
        }),
      },
      {
        do: 'apply',
        as: 'two',
        body: thing({ items: [{ id: 2, value: 'y', more: 1 }], tags: ['r', 'q'], parts: { m: { o: 1 } }, any: { deep: { est: 2 } }, port: 'http' }),
      },
      {
        do: 'apply',
        as: 'two',
        body: thing({
          items: [{ id: 2, value: 'z', more: 1 }],
          tags: ['r', 'q'],
          parts: { m: { o: 1 } },
          any: { deep: { est: 2 }, list: [2] },
          port: 'http',
          whole: { b: 1 },
          steps: [],
        }),
        force: true,
      },
      { do: 'apply', as: 'one', body: thing({ items: [{ id: 1, zone: 'a', value: 'x' }], tags: ['p'] }) },
      { do: 'merge', as: 'three', body: { spec: { items: [{ id: 3, value: 'w' }], parts: {}, any: null, tags: [] } } },
      { do: 'merge', as: 'four', subresource: 'status', body: { status: { seen: 1 }, spec: { port: 81 } } },
      { do: 'apply', as: 'four', body: { ...thing({ port: 82 }), status: { seen: 2 } } },
      {
        do: 'apply',
        as: 'four',
        subresource: 'status',
        body: {
          apiVersion: 'apply.example.com/v1',
          kind: 'Thing',
          metadata: { name: 'NAME', labels: { a: 'b' } },
          spec: { port: 83 },
          status: { seen: 3 },
        },
        force: true,
      },
      { do: 'apply', as: 'two', body: thing({}) },
    ],
  },
  {
    name: 'parts of what is taken as one',
    ...things,
    steps: [
      { do: 'create', as: 'one', body: thing({ whole: { a: 1 }, steps: [{ a: 1 }], parts: { m: { n: 1 } } }) },
      {
        do: 'merge',
        as: 'two',
        body: {
          metadata: {
            managedFields: [
              {
                manager: 'old',
                operation: 'Update',
                apiVersion: 'apply.example.com/v1',
                time: '2020-01-01T00:00:00Z',
                fieldsType: 'FieldsV1',
                fieldsV1: {
                  'f:spec': {
                    'f:whole': { '.': {}, 'f:a': {} },
                    'f:steps': { 'k:{"a":1}': { '.': {}, 'f:a': {} } },
                    'f:parts': { 'f:m': { 'f:n': {} } },
                  },
                },
              },
            ],
          },
        },
      },
      { do: 'merge', as: 'two', body: { spec: { whole: { b: 2 } } } },
      { do: 'apply', as: 'three', body: thing({ whole: { c: 3 }, steps: [] }) },
      { do: 'apply', as: 'three', body: thing({ whole: { c: 3 } }), force: true },
    ],
  },
  {
    name: 'two versions of a kind',
    ...scalers,
    steps: [
      {
        do: 'apply',
        as: 'one',
        apiVersion: 'autoscaling/v1',
        body: scaler('autoscaling/v1', { minReplicas: 2, targetCPUUtilizationPercentage: 50 }),
      },
      {
        do: 'apply',
        as: 'two',
        body: scaler('autoscaling/v2', {
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
        }),
      },
      { do: 'merge', as: 'three', body: { spec: { minReplicas: 1 } } },
      { do: 'apply', as: 'one', body: scaler('autoscaling/v2', {}) },
      { do: 'merge', as: 'three', apiVersion: 'autoscaling/v1', body: { spec: { maxReplicas: 4 } } },
    ],
  },
  {
    name: 'what cannot be applied',
    ...templates,
    steps: [
      { do: 'apply', as: 'one', body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'NAME' } } },
      { do: 'apply', as: 'one', body: { apiVersion: 'apps/v1', kind: 'PodTemplate', metadata: { name: 'NAME' } } },
      { do: 'apply', as: 'one', body: { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'NAME', managedFields: [] } } },
      { do: 'apply', as: 'one', body: template([web({ colour: 'red' })]) },
      { do: 'apply', as: 'one', body: template([web({}), web({})]) },
      { do: 'apply', as: 'one', body: template([{ image: 'x' }]) },
      { do: 'apply', as: 'one', body: template([web({ ports: [{ name: 'x' }] })]) },
      { do: 'apply', as: 'one', body: template([web({ image: 1 })]) },
      { do: 'apply', as: 'one', body: template([web({ tty: 'x' })]) },
      { do: 'apply', as: 'one', body: template([web({ ports: [{ containerPort: 'x' }] })]) },
      { do: 'apply', as: 'one', body: template([web({ ports: { a: 'b' } })]) },
      { do: 'apply', as: 'one', body: { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'NAME' }, template: ['x'] } },
    ],
  },
]
