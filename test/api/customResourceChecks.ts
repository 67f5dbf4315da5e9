// What kubectl must find of the custom resources, at the sandbox and at a real API server alike.
import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Shell } from '../sandbox/clients/shell.ts'

export const crdFolder = new URL('../../charts/spillway/crds/', import.meta.url).pathname
export const crdFiles = readdirSync(crdFolder).sort()

const manifest = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}, creationTimestamp: null}
    spec:
      containers:
      - name: shop
        image: shop:1
        resources: {requests: {cpu: not-a-quantity, memory: 1}}
        fieldOfTomorrow: {kept: true}
  strategy:
    canary:
      maxSurge: "50%"
      maxUnavailable: 1
      stableService: stable
      canaryService: canary
      trafficRouting:
        plugins: {spillway/edge: {stickiness: {kind: cookie}}, example/other: {any: [1, two]}}
        managedRoutes: [{name: qa}]
      analysis: {templates: [{templateName: a, clusterScope: true}], startingStep: 1, args: [{name: x, valueFrom: {podTemplateHashValue: Latest}}]}
      steps:
      - setWeight: 5
      - pause: {}
      - pause: {duration: 10}
      - pause: {duration: 1h30m}
      - setHeaderRoute: {name: qa, match: [{headerName: X-QA, headerValue: {exact: "true"}}]}
      - setMirrorRoute: {name: qa, percentage: 10, match: [{method: {exact: GET}, headers: {x: {regex: ".*"}}}]}
      - setCanaryScale: {matchTrafficWeight: true}
      - analysis: {templates: [{templateName: a}], dryRun: [{metricName: e}]}
      - experiment: {duration: 5m, templates: [{name: base, specRef: stable, weight: 5}], analyses: [{name: a, templateName: a}]}
      - plugin: {name: example/step, config: {deep: {er: 1}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: blue}
spec:
  selector: {matchLabels: {app: blue}}
  template: {metadata: {labels: {app: blue}}, spec: {containers: [{name: blue, image: blue}]}}
  strategy:
    blueGreen: {activeService: active, previewService: preview, autoPromotionEnabled: false, prePromotionAnalysis: {templates: [{templateName: a}]}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: a}
spec:
  args: [{name: service}, {name: token, valueFrom: {secretKeyRef: {name: s, key: k}}}]
  metrics:
  - {name: rate, interval: 1m, count: 5, failureLimit: "{{args.limit}}", successCondition: "result[0] > 0.9", provider: {prometheus: {address: "http://p", query: up}}}
  - {name: web, provider: {web: {url: "http://w", jsonPath: "{$.ok}", jsonBody: {a: [1]}}}}
  - {name: job, provider: {job: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: c}]}}}}}}
  - {name: edge, provider: {plugin: {spillway/edge: {window: 1m, minRequests: 100}}}}
---
apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata: {name: all}
spec: {metrics: [{name: rate, provider: {datadog: {query: q}}}]}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata: {name: run}
spec: {metrics: [{name: rate, provider: {graphite: {query: q}}}]}
status: {phase: Running, message: m, of: another}
---
apiVersion: argoproj.io/v1alpha1
kind: Experiment
metadata: {name: ex}
spec: {templates: [{name: t, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: []}}}]}
status: {phase: Pending}
---
apiVersion: spillway.dev/v1alpha1
kind: TrafficSplit
metadata: {name: shop}
spec:
  totalWeight: 100
  backends: [{podTemplateHash: aaa, role: stable, service: shop-aaa}, {podTemplateHash: bbb, role: canary, service: shop-bbb}]
  services:
  - name: stable
    weights: [{podTemplateHash: aaa, weight: 95}, {podTemplateHash: bbb, weight: 5}]
    routes: [{name: qa, match: [{headers: [{name: X-QA, exact: "true"}]}], podTemplateHash: bbb}]
    mirrors: [{name: copy, podTemplateHash: bbb, percentage: 10}]
    stickiness: {kind: cookie, ttl: 1h}
    fallback: stable
`

const shown = (name: string, path: string): string => `kubectl get ${name} -o jsonpath='{${path}}'`
const patchStatus = (name: string, status: unknown): string =>
  `kubectl patch ${name} --subresource=status --type=merge -p '${JSON.stringify({ status })}'`

/** Each as what is run, and what it prints: all of it, or what is found in it. */
const rows: readonly (readonly [command: string, printed: string | RegExp])[] = [
  // The rest of it must be accepted as it is, under the check for unknown fields that kubectl asks for.
  [
    `kubectl apply -f manifest.yaml | grep -v '^Warning'`,
    `rollout.argoproj.io/shop created
rollout.argoproj.io/blue created
analysistemplate.argoproj.io/a created
clusteranalysistemplate.argoproj.io/all created
analysisrun.argoproj.io/run created
experiment.argoproj.io/ex created
trafficsplit.spillway.dev/shop created`,
  ],
  [shown('rollout/shop', '.spec.template.spec.containers[0].fieldOfTomorrow'), '{"kept":true}'],
  [shown('rollout/shop', '.spec.template.spec.containers[0].resources.requests'), '{"cpu":"not-a-quantity","memory":1}'],
  [shown('rollout/shop', '.spec.strategy.canary.trafficRouting.plugins.example/other'), '{"any":[1,"two"]}'],
  [shown('rollout/shop', '.spec.strategy.canary.steps[9].plugin.config'), '{"deep":{"er":1}}'],
  [shown('rollout/shop', '.spec.strategy.canary.steps[1]'), '{"pause":{}}'],
  // No subresource: what is applied stays; with one it would not.
  [shown('ar/run', '.status'), '{"message":"m","of":"another","phase":"Running"}'],
  ['kubectl get ar,exp --no-headers | cut -c1-55', /run +Running[\s\S]*ex +Pending/],
  [`kubectl patch exp/ex --type=merge -p '{"status":null}'`, /patched/],
  [shown('exp/ex', '.status'), ''],
  ['kubectl get ro shop', /^NAME +DESIRED +CURRENT +UP-TO-DATE +AVAILABLE +AGE\nshop +3 +\S/],
  ['kubectl scale rollout/shop --replicas=5', 'rollout.argoproj.io/shop scaled'],
  [shown('rollout/shop', '.spec.replicas'), '5'],
  [
    patchStatus('rollout/shop', { HPAReplicas: 4, selector: 'app=shop', replicas: 6, updatedReplicas: 2, availableReplicas: 1, later: { kept: 1 } }),
    /patched/,
  ],
  ['kubectl get ro shop --no-headers', /^shop +5 +6 +2 +1 /],
  [shown('rollout/shop', '.status.later'), '{"kept":1}'],
  [
    `kubectl get --raw "$(kubectl get rollout/shop -o jsonpath='/apis/argoproj.io/v1alpha1/namespaces/{.metadata.namespace}/rollouts/shop/scale')"`,
    /"status":\{"replicas":4,"selector":"app=shop"\}/,
  ],
  // Every way in which tools take such a field away.
  [patchStatus('rollout/shop', { currentStepIndex: null, pauseConditions: null, abortedAt: null, canary: { weights: null } }), /patched/],
  [`kubectl patch rollout/shop --type=merge -p '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'`, /selector is immutable/],
  [`kubectl patch rollout/shop --type=merge -p '{"spec":{"strategy":{"canary":{"stepz":[]}}}}'`, /unknown field "spec.strategy.canary.stepz"/],
  [`kubectl patch rollout/shop --type=merge -p '{"spec":{"replicas":"many"}}'`, /spec.replicas[\s\S]*integer/],
  ['kubectl explain rollout.spec.strategy.canary', /KIND: +Rollout[\s\S]*FIELDS:[\s\S]*steps\t<\[\]Object>[\s\S]*trafficRouting\t<Object>/],
  ['kubectl explain rollout.spec.strategy.canary.steps.setHeaderRoute.match.headerValue.exact', /All of it\./],
  ['kubectl explain rollout.spec.template', /as in a Deployment/],
  ['kubectl explain trafficsplit.spec.services.stickiness', /clientAddress/],
  ['kubectl get at,cat,tsplit -o name', /analysistemplate.argoproj.io\/a\nclusteranalysistemplate.argoproj.io\/all\ntrafficsplit.spillway.dev\/shop/],
  [
    `kubectl patch tsplit shop --type=json -p '[{"op":"add","path":"/spec/backends/-","value":{"podTemplateHash":"aaa","role":"canary","service":"x"}}]'`,
    /Duplicate value/,
  ],
  // Again, over what is there.
  ['kubectl apply -f CRDS | sort -u | wc -l', '6'],
]

/** The shell's kubeconfig must name a namespace that exists. */
export async function checkCustomResources(t: Test, shell: Shell): Promise<void> {
  t.match(await shell.run(`kubectl apply -f ${crdFolder}`), /trafficsplits.spillway.dev created/)
  await shell.run('kubectl wait --for=condition=Established crd --all')
  // Served a moment after it is told.
  while (/error|doesn't have/.test(await shell.run('kubectl get rollouts.argoproj.io,trafficsplits.spillway.dev 2>&1'))) await delay(100)
  await shell.run(`cat > manifest.yaml <<'END'${manifest}END`)
  for (const [command, printed] of rows) {
    const found = (await shell.run(command.replace('CRDS', crdFolder))).trim()
    if (typeof printed === 'string') t.equal(found, printed, command)
    else t.match(found, printed, command)
  }
}
