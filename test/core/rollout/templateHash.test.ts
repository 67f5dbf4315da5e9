// What is the same template, and what is another: hashes, and ReplicaSets that went through an API server or were made by Argo Rollouts.
import t from 'tap'
import type { PodTemplateSpec } from '../../../src/api/pod.ts'
import type { CanaryStep } from '../../../src/api/rollout.ts'
import type { ReplicaSet } from '../../../src/api/workloads.ts'
import { findReplicaSet, hashOfSteps, hashOfTemplate, isSameTemplate } from '../../../src/core/rollout/templateHash.ts'

/** As a user writes it. */
const written: PodTemplateSpec = {
  metadata: { labels: { app: 'payments' }, annotations: { note: '' } },
  spec: {
    serviceAccountName: 'payments',
    containers: [
      {
        name: 'app',
        image: 'registry:5000/payments:v2',
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [
          { name: 'EMPTY', value: '' },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { requests: { cpu: '1000m', memory: '1Gi' } },
        readinessProbe: { httpGet: { port: 'http' } },
        lifecycle: { preStop: { httpGet: { port: 8080 } } },
      },
    ],
    volumes: [{ name: 'scratch' }, { name: 'config', configMap: { name: 'payments' } }, { name: 'host', hostPath: { path: '/var' } }],
  },
}

/** The same as the API server stores it in a ReplicaSet of Argo Rollouts. */
const stored = {
  metadata: { creationTimestamp: null, labels: { 'rollouts-pod-template-hash': '6f4c7b8d', app: 'payments' }, annotations: { note: '' } },
  spec: {
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'config', configMap: { defaultMode: 420, name: 'payments' } },
      { name: 'host', hostPath: { path: '/var', type: '' } },
    ],
    containers: [
      {
        name: 'app',
        image: 'registry:5000/payments:v2',
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        env: [{ name: 'EMPTY' }, { name: 'POD', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
        resources: { requests: { cpu: '1', memory: '1Gi' } },
        readinessProbe: {
          httpGet: { path: '/', port: 'http', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        lifecycle: { preStop: { httpGet: { path: '/', port: 8080, scheme: 'HTTP' } } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'payments',
    serviceAccount: 'payments',
    securityContext: {},
    schedulerName: 'default-scheduler',
  },
} as unknown as PodTemplateSpec

t.test('what the API server fills in is no change', (t) => {
  t.ok(isSameTemplate(written, stored))
  t.equal(hashOfTemplate(written), hashOfTemplate(stored))
  t.match(hashOfTemplate(written), /^[bcdfghjklmnpqrstvwxz2456789]{5,10}$/)
  t.equal(hashOfTemplate(written, 0), hashOfTemplate(written))
  t.not(hashOfTemplate(written, 1), hashOfTemplate(written))
  t.not(hashOfTemplate(written, 1), hashOfTemplate(written, 2))
  t.end()
})

/** A container and, if need be, a pod around it. */
const pod = (container: object, spec: object = {}) =>
  ({ spec: { containers: [{ name: 'a', image: 'i:1', ...container }], ...spec } }) as unknown as PodTemplateSpec

t.test('two ways to write the same', (t) => {
  const same: readonly (readonly [string, PodTemplateSpec, PodTemplateSpec])[] = [
    ['order of keys', pod({ tty: true, stdin: true }), pod({ stdin: true, tty: true })],
    ['null', pod({ args: null }, { affinity: null }), pod({})],
    ['an empty list', pod({ args: [], env: [] }, { tolerations: [] }), pod({})],
    ['false, where that is nothing', pod({ tty: false }, { hostNetwork: false }), pod({})],
    [
      '0, where that is nothing',
      pod({ livenessProbe: { exec: {}, initialDelaySeconds: 0, timeoutSeconds: 0 } }),
      pod({ livenessProbe: { exec: {} } }),
    ],
    ['quantities', pod({ resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }), pod({ resources: { limits: { cpu: '500m', memory: '1Gi' } } })],
    ['a quantity as a number', pod({ resources: { limits: { cpu: 1 } } }), pod({ resources: { limits: { cpu: '1' } } })],
    ['the old name of the account', pod({}, { serviceAccount: 'x' }), pod({}, { serviceAccountName: 'x' })],
    ['latest is always pulled', pod({ image: 'r:5000/i', imagePullPolicy: 'Always' }), pod({ image: 'r:5000/i' })],
    ['a digest is not', pod({ image: 'i@sha256:0123', imagePullPolicy: 'IfNotPresent' }), pod({ image: 'i@sha256:0123' })],
    [
      'host ports',
      pod({ ports: [{ containerPort: 80, hostPort: 80 }] }, { hostNetwork: true }),
      pod({ ports: [{ containerPort: 80 }] }, { hostNetwork: true }),
    ],
    [
      'a divisor of nothing',
      pod({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '0' } } }] }),
      pod({ env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }] }),
    ],
    [
      'tokens',
      pod(
        {},
        { volumes: [{ name: 't', projected: { defaultMode: 420, sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 3600 } }] } }] },
      ),
      pod({}, { volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] }),
    ],
    [
      'the term that keeps two versions apart',
      pod(
        {},
        {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: { matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: ['x'] }] },
                },
              ],
            },
          },
        },
      ),
      pod({}),
    ],
  ]
  for (const [name, a, b] of same) t.ok(isSameTemplate(a, b), name)
  t.end()
})

t.test('two templates', (t) => {
  const labelled = (labels: Record<string, string>): PodTemplateSpec => ({ metadata: { labels }, ...pod({}) })
  const different: readonly (readonly [string, PodTemplateSpec, PodTemplateSpec])[] = [
    ['another image', pod({ image: 'i:2' }), pod({})],
    ['a flag that is not false by itself', pod({}, { automountServiceAccountToken: false }), pod({})],
    ['a user of 0', pod({ securityContext: { runAsUser: 0 } }), pod({})],
    ['no grace', pod({}, { terminationGracePeriodSeconds: 0 }), pod({})],
    ['an order', pod({ args: ['a', 'b'] }), pod({ args: ['b', 'a'] })],
    ['an empty label', labelled({ a: '' }), labelled({})],
    ['a label named as a field', labelled({ tty: '' }), labelled({})],
    [
      'a selector of everything',
      pod({}, { affinity: { podAffinity: { a: [{ namespaceSelector: {} }] } } }),
      pod({}, { affinity: { podAffinity: { a: [{}] } } }),
    ],
    ['a volume in memory', pod({}, { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] }), pod({}, { volumes: [{ name: 'v' }] })],
    ['a pull policy', pod({ imagePullPolicy: 'Always' }), pod({})],
    ['a field of a newer Kubernetes', pod({}, { somethingNew: { a: 1 } }), pod({})],
    ['more memory', pod({ resources: { limits: { memory: '1G' } } }), pod({ resources: { limits: { memory: '1Gi' } } })],
  ]
  for (const [name, a, b] of different) {
    t.notOk(isSameTemplate(a, b), name)
    t.not(hashOfTemplate(a), hashOfTemplate(b), name)
  }
  t.end()
})

function replicaSet(hash: string, template: PodTemplateSpec, annotations = {}): ReplicaSet {
  return {
    metadata: { name: `payments-${hash}`, labels: { 'rollouts-pod-template-hash': hash }, annotations },
    spec: { selector: {}, template },
  }
}

t.test('the ReplicaSet of a template', (t) => {
  const other = replicaSet('other', pod({}))
  const argos = replicaSet('6f4c7b8d', stored)
  t.equal(findReplicaSet(written, undefined, [other, argos]), argos, 'made by Argo Rollouts')
  t.equal(findReplicaSet(pod({ image: 'i:3' }), undefined, [other, argos]), undefined)
  const ours = replicaSet(hashOfTemplate(written), pod({}))
  t.equal(findReplicaSet(written, undefined, [argos, ours]), ours, 'by its hash, although the API server changed what it holds')
  const injected = { 'rollout.argoproj.io/ephemeral-metadata': '{"labels":{"role":"canary"}}' }
  const marked = replicaSet('m', { ...stored, metadata: { ...stored.metadata, labels: { ...stored.metadata?.labels, role: 'canary' } } }, injected)
  t.equal(findReplicaSet(written, undefined, [marked]), marked, 'what was injected does not count')
  const undone = { ...written, metadata: { ...written.metadata, labels: { app: 'payments', role: 'canary' } } }
  t.equal(findReplicaSet(undone, undefined, [marked]), marked, 'nor where an undo brought it into the Rollout')
  t.equal(findReplicaSet(written, undefined, [replicaSet('m', marked.spec.template!, { 'rollout.argoproj.io/ephemeral-metadata': '}' })]), undefined)
  t.end()
})

t.test('steps have the hash that Argo Rollouts gives them', (t) => {
  const analysis = { templates: [{ templateName: 'random-fail' }, { templateName: 'always-pass' }] }
  t.equal(hashOfSteps([{ setWeight: 25 }, { analysis: { analysisRunMetadata: {}, ...analysis } }]), '84d4b665cd')
  t.equal(hashOfSteps([{ setWeight: 25 }, { analysis }]), '84d4b665cd')
  t.equal(hashOfSteps([]), hashOfSteps([]))
  const steps: readonly CanaryStep[] = [{ setHeaderRoute: { name: 'h', match: [{ headerName: 'X', headerValue: { exact: '<1>' } }] } }, { pause: {} }]
  const turned: readonly CanaryStep[] = [
    { setHeaderRoute: { match: [{ headerValue: { exact: '<1>' }, headerName: 'X' }], name: 'h' } },
    { pause: {} },
  ]
  t.equal(hashOfSteps(steps), hashOfSteps(turned))
  t.not(hashOfSteps(steps), hashOfSteps(steps.slice(1)))
  t.not(hashOfSteps([{ pause: {} }]), hashOfSteps([{ pause: { duration: 0 } }]))
  t.end()
})
