import type { Json, JsonObject } from '../../../../src/sandbox/unstructured.ts'
import type { PatchCase } from './cases.ts'

const port = (containerPort: number, name: string): JsonObject => ({ containerPort, name, protocol: 'TCP' })
const container = (name: string, more: JsonObject): JsonObject => ({
  name,
  image: `${name}:1`,
  imagePullPolicy: 'IfNotPresent',
  resources: {},
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  ...more,
})

/** What the strategic patches are applied to, with all that the server would fill in. */
export const deployment: JsonObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'shop',
    labels: { app: 'shop', tier: 'web' },
    annotations: { note: 'x' },
    finalizers: ['example.com/a', 'example.com/b', 'example.com/c'],
  },
  spec: {
    replicas: 2,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    selector: { matchLabels: { app: 'shop' } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: {
        containers: [
          container('web', {
            args: ['--a', '--b'],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
              { name: 'C', value: '3' },
            ],
            ports: [port(80, 'http'), port(443, 'https')],
            volumeMounts: [{ mountPath: '/cache', name: 'cache' }],
          }),
          container('log', { command: ['tail'] }),
        ],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
        tolerations: [{ key: 'k', operator: 'Exists' }],
        volumes: [
          { name: 'cache', emptyDir: {} },
          { name: 'conf', configMap: { name: 'conf', defaultMode: 420 } },
        ],
      },
    },
  },
}

const pod = (spec: JsonObject): Json => ({ spec: { template: { spec } } })
const web = (more: JsonObject): Json => pod({ containers: [{ name: 'web', ...more }] })

export const strategicCases: readonly PatchCase[] = [
  { name: 'nothing', patch: {} },
  { name: 'null', patch: null },
  { name: 'a list', patch: [1] },
  { name: 'a scalar', patch: { spec: { replicas: 3 } } },
  { name: 'a label and the removal of another', patch: { metadata: { labels: { more: '1', tier: null } } } },
  { name: 'an image', patch: web({ image: 'web:2' }) },
  { name: 'a new container comes first', patch: pod({ containers: [container('new', {})] }) },
  { name: 'a list of scalars without strategy is replaced', patch: web({ args: ['--c'] }) },
  { name: 'a list of objects without strategy is replaced', patch: pod({ tolerations: [{ key: 'l', operator: 'Exists' }] }) },
  {
    name: 'env by name, in the order of the patch',
    patch: web({
      env: [
        { name: 'D', value: '4' },
        { name: 'B', value: '7' },
      ],
    }),
  },
  {
    name: 'env against the live order',
    patch: web({
      env: [
        { name: 'C', value: '7' },
        { name: 'A', value: '8' },
      ],
    }),
  },
  { name: 'an element is deleted', patch: web({ env: [{ name: 'B', $patch: 'delete' }] }) },
  { name: 'a missing element is deleted', patch: web({ env: [{ name: 'Z', $patch: 'delete' }] }) },
  { name: 'a deletion without the key', patch: web({ env: [{ value: '1', $patch: 'delete' }] }) },
  { name: 'a list is replaced by a directive', patch: web({ env: [{ $patch: 'replace' }, { name: 'X', value: '1' }] }) },
  { name: 'merge of a list is unknown', patch: web({ env: [{ name: 'A', $patch: 'merge' }] }) },
  { name: 'an unknown directive in a list', patch: web({ env: [{ name: 'A', $patch: 'what' }] }) },
  { name: 'ports by containerPort', patch: web({ ports: [{ containerPort: 443, name: 'tls' }, port(8080, 'admin')] }) },
  { name: 'ports without their key', patch: web({ ports: [{ name: 'tls' }] }) },
  { name: 'mounts by mountPath', patch: web({ volumeMounts: [{ mountPath: '/conf', name: 'conf' }] }) },
  { name: 'a map is replaced', patch: { metadata: { labels: { $patch: 'replace', only: '1' } } } },
  { name: 'a map is emptied', patch: { metadata: { annotations: { $patch: 'delete' } } } },
  { name: 'an unknown directive', patch: { metadata: { labels: { $patch: 'what' } } } },
  { name: 'keys are retained', patch: pod({ volumes: [{ name: 'cache', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x', type: '' } }] }) },
  { name: 'another strategy', patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } } },
  {
    name: 'retained keys that the patch does not keep to',
    patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate', rollingUpdate: { maxSurge: 2 } } } },
  },
  { name: 'retained keys that are no list', patch: { spec: { strategy: { $retainKeys: 'type' } } } },
  { name: 'finalizers are merged', patch: { metadata: { finalizers: ['example.com/d', 'example.com/a'] } } },
  { name: 'finalizers are deleted', patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/b', 'example.com/z'] } } },
  { name: 'deleted from no list', patch: { metadata: { $deleteFromPrimitiveList: ['x'] } } },
  { name: 'deleted from a wrong word', patch: { metadata: { '$deleteFromPrimitiveListOf/x': ['x'] } } },
  {
    name: 'the order of finalizers',
    patch: { metadata: { '$setElementOrder/finalizers': ['example.com/c', 'example.com/d', 'example.com/a'], finalizers: ['example.com/d'] } },
  },
  {
    name: 'the order of containers',
    patch: pod({ '$setElementOrder/containers': [{ name: 'log' }, { name: 'web' }], containers: [{ name: 'web', image: 'web:3' }] }),
  },
  {
    name: 'the order of env with one that only the server has',
    patch: web({
      '$setElementOrder/env': [{ name: 'C' }, { name: 'E' }, { name: 'A' }],
      env: [
        { name: 'E', value: '5' },
        { name: 'C', $patch: 'delete' },
      ],
    }),
  },
  { name: 'an order that the patch does not keep to', patch: { metadata: { '$setElementOrder/finalizers': ['a'], finalizers: ['b'] } } },
  { name: 'an order that is no list', patch: { metadata: { '$setElementOrder/finalizers': 1 } } },
  { name: 'an order without keys', patch: web({ '$setElementOrder/env': [{ value: '1' }], env: [{ name: 'A' }] }) },
  { name: 'an order of an unknown field', patch: { '$setElementOrder/none': ['a'] } },
  { name: 'elements of several types', patch: { metadata: { finalizers: [{ a: 1 }] } } },
  { name: 'a list of lists', patch: { metadata: { finalizers: [['a']] } } },
  { name: 'a new map with nulls', patch: { spec: { template: { metadata: { annotations: { a: '1', b: null } } } } } },
  { name: 'a new list with directives', patch: pod({ initContainers: [{ name: 'gone', $patch: 'delete' }] }) },
]
