// Each rule of the spec by itself: an edit of a Rollout that is right, and what is told of it.
import t from 'tap'
import { invalidSpecText, validateRollout } from '../../../../src/core/rollout/validate/validateRollout.ts'
import { compileRegex } from '../../../../src/lib/regex.ts'
import { blueGreenRollout, canaryRollout, edited, told } from './rollouts.ts'

type Row = readonly [edits: Readonly<Record<string, unknown>>, text: string]

function check(name: string, base: () => Record<string, unknown>, rows: readonly Row[]): void {
  t.test(name, async (t) => {
    t.strictSame(told(base()), [], 'what it begins from is right')
    for (const [edits, text] of rows) {
      const all = text === '' ? [] : [text]
      t.strictSame(told(edited(base(), edits)), all, JSON.stringify(edits).slice(0, 200))
    }
  })
}

const canary = 'spec.strategy.canary'
const steps = `${canary}.steps`
const pod = 'spec.template.spec'
const names = 'write at most 63 letters, digits, - _ and ., with a letter or digit at both ends'
const dnsLabel = 'write at most 63 lower-case letters, digits and -, with a letter or digit at both ends'
const range = (minimum: number, maximum = 2_147_483_647): string => `write an integer from ${minimum} to ${maximum}`

check('pods and their selector', canaryRollout, [
  [{ 'spec.selector': undefined }, "spec.selector: is missing; write matchLabels with labels of the template's"],
  [{ 'spec.selector': {} }, "spec.selector: is empty, and would select every pod; write matchLabels with labels of the template's"],
  [{ 'spec.selector': 'app=shop' }, 'spec.selector: "app=shop" is no map; write fields, or leave it out'],
  [{ 'spec.selector.matchLabels': { app: 'other' } }, 'spec.template.metadata.labels: are not those that spec.selector selects; add app: "other"'],
  [{ 'spec.selector.matchLabels': { '-a': 'b' } }, `spec.selector.matchLabels.-a: "-a" is no label; ${names}, after a domain and / if you like`],
  [{ 'spec.selector.matchLabels.app': 7 }, 'spec.selector.matchLabels.app: 7 is no text; put it into quotes'],
  [{ 'spec.selector.matchExpressions': [{ key: 'app', operator: 'Exists' }] }, ''],
  [
    { 'spec.selector.matchExpressions': [{ key: 'app', operator: 'Is' }] },
    'spec.selector.matchExpressions[0].operator: "Is" is unknown; write In, NotIn, Exists, DoesNotExist',
  ],
  [
    { 'spec.selector.matchExpressions': [{ key: 'app', operator: 'In' }] },
    'spec.selector.matchExpressions[0].values: is empty; write the values that In means',
  ],
  [
    { 'spec.selector.matchExpressions': [{ key: 'app', operator: 'Exists', values: ['a'] }] },
    'spec.selector.matchExpressions[0].values: has no meaning for Exists; leave it out',
  ],
  [
    { 'spec.selector.matchExpressions': [{ key: 'app', operator: 'NotIn', values: ['shop'] }] },
    'spec.template.metadata.labels: are not those that spec.selector selects; add app: "shop", what app NotIn asks for',
  ],
  [{ [pod]: undefined }, `${pod}: is missing; write containers`],
  [{ [`${pod}.containers`]: [] }, `${pod}.containers: are missing; write at least one container`],
  [{ [`${pod}.containers.0.name`]: undefined }, `${pod}.containers[0].name: is missing; write the name of a container`],
  [{ [`${pod}.containers.0.name`]: 'Shop' }, `${pod}.containers[0].name: "Shop" is no name of a container; ${dnsLabel}`],
  [{ [`${pod}.containers.0.image`]: '' }, `${pod}.containers[0].image: is missing; write an image`],
  [{ [`${pod}.containers.0.image`]: ' shop' }, `${pod}.containers[0].image: " shop" is not an image; remove the blanks`],
  [
    { [`${pod}.initContainers`]: [{ name: 'shop', image: 'x' }] },
    `${pod}.containers[0].name: "shop" is the name of another one, too; give each a name of its own`,
  ],
  [
    { [`${pod}.containers.0.ports.0.containerPort`]: 0 },
    `${pod}.containers[0].ports[0].containerPort: 0 is below the minimum 1; ${range(1, 65_535)}`,
  ],
  [
    { [`${pod}.containers.0.ports.0.name`]: 'HTTP' },
    `${pod}.containers[0].ports[0].name: "HTTP" is no name of a port; write at most 15 lower-case letters, digits and single -, with a letter`,
  ],
  [
    { [`${pod}.containers.0.resources`]: { limits: { memory: '256 MB' } } },
    `${pod}.containers[0].resources.limits.memory: "256 MB" is no quantity; write an amount of memory like 500m, 2 or 256Mi`,
  ],
  [{ [`${pod}.containers.0.resources`]: { limits: { memory: '256Mi', cpu: 1 }, requests: { cpu: '0.5' } } }, ''],
  [
    { [`${pod}.containers.0.volumeMounts`]: [{ name: 'data', mountPath: '/data' }] },
    `${pod}.containers[0].volumeMounts[0].name: there is no volume "data"; name one of spec.volumes, or add it there`,
  ],
  [{ [`${pod}.restartPolicy`]: 'Never' }, `${pod}.restartPolicy: "Never" is not for pods that are kept running; write Always, or leave it out`],
  [{ [`${pod}.activeDeadlineSeconds`]: 5 }, `${pod}.activeDeadlineSeconds: is not for pods that are kept running; leave it out`],
  [{ [`${pod}.somethingNew`]: { of: 'tomorrow' } }, ''],
])

check('numbers and times', canaryRollout, [
  [{ 'spec.replicas': -1 }, `spec.replicas: -1 is below the minimum 0; ${range(0)}`],
  [{ 'spec.replicas': 0 }, ''],
  [{ 'spec.replicas': null }, ''],
  [{ 'spec.replicas': 2 ** 53 }, `spec.replicas: 9007199254740992 is above the maximum 2147483647; ${range(0)}`],
  [{ 'spec.minReadySeconds': -1 }, `spec.minReadySeconds: -1 is below the minimum 0; ${range(0)}`],
  [{ 'spec.revisionHistoryLimit': -1 }, `spec.revisionHistoryLimit: -1 is below the minimum 0; ${range(0)}`],
  [{ 'spec.minReadySeconds': 600 }, 'spec.progressDeadlineSeconds: 600 is not above minReadySeconds 600; write at least 601'],
  [{ 'spec.progressDeadlineSeconds': 0 }, 'spec.progressDeadlineSeconds: 0 is not above minReadySeconds 0; write at least 1'],
  [{ 'spec.restartAt': 'now' }, 'spec.restartAt: "now" is no time; write one like 2030-01-31T12:00:00Z'],
  [{ 'spec.paused': 'yes' }, 'spec.paused: "yes" is neither true nor false; write true or false'],
])

check('the strategy', canaryRollout, [
  [{ 'spec.strategy': undefined }, 'spec.strategy: says neither canary nor blueGreen; write strategy.canary or strategy.blueGreen'],
  [{ 'spec.strategy': {} }, 'spec.strategy: says neither canary nor blueGreen; write strategy.canary or strategy.blueGreen'],
  [{ 'spec.strategy.blueGreen': { activeService: 'active' } }, 'spec.strategy: says both canary and blueGreen; keep one of them'],
  [{ [canary]: {} }, ''],
  [{ [`${canary}.canaryService`]: 'stable' }, `${canary}.canaryService: "stable" is stableService, too; write another Service`],
  [{ [`${canary}.canaryService`]: undefined }, ''],
  [
    { [`${canary}.stableService`]: undefined },
    `${canary}.stableService: is missing; write the Service that users' routes name: its requests are split`,
  ],
  [{ [`${canary}.maxSurge`]: 0 }, ''],
  [
    { [`${canary}.maxSurge`]: 0, [`${canary}.maxUnavailable`]: '0%' },
    `${canary}.maxSurge: is 0, and so is maxUnavailable: no pod could ever be replaced; write 1 or more for one of them`,
  ],
  [{ [`${canary}.maxSurge`]: '30' }, ''],
  [{ [`${canary}.maxSurge`]: 'all' }, `${canary}.maxSurge: "all" is neither a number nor a percentage; write a number, or a percentage like 25%`],
  [{ [`${canary}.maxUnavailable`]: -1 }, `${canary}.maxUnavailable: -1 is below the minimum 0; ${range(0)}`],
  [{ [`${canary}.scaleDownDelaySeconds`]: 60 }, ''],
  [
    { [`${canary}.trafficRouting`]: undefined, [`${canary}.scaleDownDelaySeconds`]: 60 },
    `${canary}.scaleDownDelaySeconds: needs trafficRouting: without it, old pods make room for new ones; leave it out`,
  ],
  [{ [`${canary}.abortScaleDownDelaySeconds`]: -1 }, `${canary}.abortScaleDownDelaySeconds: -1 is below the minimum 0; ${range(0)}`],
])

check('steps', canaryRollout, [
  [{ [steps]: undefined }, ''],
  [{ [steps]: {} }, `${steps}: a map is no list; write a list`],
  [
    { [`${steps}.0`]: {} },
    `${steps}[0]: has none of setWeight, pause, setCanaryScale, setHeaderRoute, setMirrorRoute, analysis, experiment, plugin; write one of them`,
  ],
  [{ [`${steps}.0.pause`]: {} }, `${steps}[0]: has setWeight and pause, but only one may be set; keep one of setWeight, pause`],
  [{ [`${steps}.0`]: 'pause' }, `${steps}[0]: "pause" is no map; write fields, or leave it out`],
  [{ [`${steps}.0.setWeight`]: 101 }, `${steps}[0].setWeight: 101 is above the maximum 100; ${range(0, 100)}`],
  [{ [`${steps}.2.setWeight`]: -1 }, `${steps}[2].setWeight: -1 is below the minimum 0; ${range(0, 100)}`],
  [{ [`${steps}.2.setWeight`]: 2.5 }, `${steps}[2].setWeight: 2.5 is no integer; ${range(0, 100)}`],
  [{ [`${canary}.trafficRouting.maxTrafficWeight`]: 1_000, [`${steps}.0.setWeight`]: 1_000 }, ''],
  [
    { [`${canary}.trafficRouting.maxTrafficWeight`]: 0 },
    `${canary}.trafficRouting.maxTrafficWeight: 0 is below the minimum 1; ${range(1, 1_000_000)}`,
  ],
  [{ [`${steps}.1.pause.duration`]: 10 }, ''],
  [{ [`${steps}.1.pause.duration`]: '10' }, ''],
  [{ [`${steps}.1.pause.duration`]: '1h30m' }, ''],
  [{ [`${steps}.1.pause.duration`]: -1 }, `${steps}[1].pause.duration: -1 is negative; write seconds, or a duration like 30s, 5m or 1h30m`],
  [
    { [`${steps}.1.pause.duration`]: '10 minutes' },
    `${steps}[1].pause.duration: "10 minutes" has the unknown unit " minutes"; write seconds, or a duration like 30s, 5m or 1h30m`,
  ],
  [{ [`${steps}.0`]: { setCanaryScale: { weight: 25 } } }, ''],
  [{ [`${steps}.0`]: { setCanaryScale: { replicas: 0 } } }, ''],
  [{ [`${steps}.0`]: { setCanaryScale: { replicas: 1, matchTrafficWeight: false } } }, ''],
  [{ [`${steps}.0`]: { setCanaryScale: {} } }, `${steps}[0].setCanaryScale: has none of weight, replicas, matchTrafficWeight; write one of them`],
  [
    { [`${steps}.0`]: { setCanaryScale: { weight: 25, replicas: 2 } } },
    `${steps}[0].setCanaryScale: has weight and replicas, but only one may be set; keep one of weight, replicas`,
  ],
  [
    { [`${steps}.0`]: { setCanaryScale: { replicas: 1 } }, [`${canary}.trafficRouting`]: undefined },
    `${steps}[0].setCanaryScale: needs trafficRouting: without it, pods are the weight; write setWeight, or add trafficRouting with plugins: {spillway/edge: {}}`,
  ],
  [{ [`${steps}.0`]: { plugin: { name: 'example/step', config: { any: 1 } } } }, ''],
  [{ [`${steps}.0`]: { plugin: { name: 'step' } } }, `${steps}[0].plugin.name: "step" is no name of a plugin; write organisation/name`],
])

const qa = { name: 'qa', match: [{ headerName: 'X-QA', headerValue: { exact: 'true' } }] }
const route = `${steps}[0].setHeaderRoute`
const mirror = `${steps}[0].setMirrorRoute`
const withMatch = (match: unknown): Row[0] => ({ [`${steps}.0`]: { setMirrorRoute: { name: 'copy', match: [match] } } })
const withValue = (headerValue: unknown): Row[0] => ({
  [`${steps}.0`]: { setHeaderRoute: { name: 'qa', match: [{ headerName: 'X-QA', headerValue }] } },
})

check('routes by what requests look like', canaryRollout, [
  [{ [`${steps}.0`]: { setHeaderRoute: qa } }, ''],
  [{ [`${steps}.0`]: { setHeaderRoute: { name: 'qa' } } }, ''],
  [{ [`${steps}.0`]: { setHeaderRoute: qa }, [`${canary}.trafficRouting.managedRoutes`]: [{ name: 'qa' }] }, ''],
  [
    { [`${steps}.0`]: { setHeaderRoute: qa }, [`${canary}.trafficRouting.managedRoutes`]: [{ name: 'other' }] },
    `${route}.name: "qa" is not in trafficRouting.managedRoutes; add it there, or write one of other`,
  ],
  [
    { [`${canary}.trafficRouting.managedRoutes`]: [{ name: 'qa' }, { name: 'qa' }] },
    `${canary}.trafficRouting.managedRoutes[1].name: "qa" is the name of another one, too; give each a name of its own`,
  ],
  [
    { [`${steps}.0`]: { setHeaderRoute: qa }, [`${canary}.trafficRouting`]: undefined },
    `${route}: needs trafficRouting; add trafficRouting with plugins: {spillway/edge: {}}`,
  ],
  [{ [`${steps}.0`]: { setHeaderRoute: { match: [] } } }, `${route}.name: is missing; write a name for the route`],
  [withValue(undefined), `${route}.match[0].headerValue: is missing; write exact, prefix or regex`],
  [withValue({}), `${route}.match[0].headerValue: compares with nothing; write exact, prefix or regex`],
  [withValue({ exact: '' }), `${route}.match[0].headerValue: compares with nothing; write exact, prefix or regex`],
  [withValue({ exact: 'a', prefix: 'b' }), `${route}.match[0].headerValue: has exact and prefix, but only one may be set; keep one of exact, prefix`],
  [withValue({ exact: true }), `${route}.match[0].headerValue.exact: true is no text; put it into quotes`],
  [withValue({ regex: '(?i)yes|true' }), ''],
  [
    withValue({ regex: 'a(?!b)' }),
    `${route}.match[0].headerValue.regex: "a(?!b)" is no regular expression: invalid or unsupported Perl syntax: \`(?!\`; write it in RE2 syntax, without look-around and back-references`,
  ],
  [
    { [`${steps}.0`]: { setHeaderRoute: { name: 'qa', match: [{ headerName: 'X QA', headerValue: { exact: 'a' } }] } } },
    `${route}.match[0].headerName: "X QA" is not a header name; write 1 to 256 letters, digits and !#$%&'*+-.^_\`|~`,
  ],
  [withMatch({}), ''],
  [withMatch({ method: { exact: 'GET' }, path: { prefix: '/a' }, headers: { 'x-a': { regex: '.+' } } }), ''],
  [withMatch({ method: { exact: 'get' } }), `${mirror}.match[0].method.exact: "get" is never sent: methods compare with case; write GET`],
  [withMatch({ path: { exact: 'a' } }), `${mirror}.match[0].path.exact: "a" is not a path; write "/a"`],
  [withMatch({ headers: { 'x-a': {} } }), `${mirror}.match[0].headers.x-a: compares with nothing; write exact, prefix or regex`],
  [{ [`${steps}.0`]: { setMirrorRoute: { name: 'copy', percentage: 101 } } }, `${mirror}.percentage: 101 is above the maximum 100; ${range(0, 100)}`],
])

const template = { name: 'base', specRef: 'stable' }
check('analyses and experiments', canaryRollout, [
  [{ [`${steps}.0`]: { analysis: { templates: [{ templateName: 'a' }], args: [{ name: 'x', value: 'y' }] } } }, ''],
  [{ [`${steps}.0`]: { analysis: {} } }, `${steps}[0].analysis.templates: are missing; write at least one, as templateName`],
  [
    { [`${canary}.analysis`]: { templates: [{}] } },
    `${canary}.analysis.templates[0].templateName: is missing; write the name of an AnalysisTemplate`,
  ],
  [
    { [`${canary}.analysis`]: { templates: [{ templateName: 'a' }], args: [{ name: 'x', valueFrom: { podTemplateHashValue: 'New' } }] } },
    `${canary}.analysis.args[0].valueFrom.podTemplateHashValue: "New" is unknown; write Stable or Latest`,
  ],
  [
    {
      [`${canary}.analysis`]: { templates: [{ templateName: 'a' }], args: [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.owner' } } }] },
    },
    `${canary}.analysis.args[0].valueFrom.fieldRef.fieldPath: "metadata.owner" is no metadata that can be had; write metadata.name, .namespace, .uid, .labels['key'] or .annotations['key']`,
  ],
  [
    {
      [`${canary}.analysis`]: {
        templates: [{ templateName: 'a' }],
        args: [{ name: 'x', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']" } } }],
      },
    },
    '',
  ],
  [
    { [`${canary}.analysis`]: { templates: [{ templateName: 'a' }], dryRun: [{ metricName: '(' }] } },
    `${canary}.analysis.dryRun[0].metricName: "(" is no regular expression: missing closing ): \`(\`; write it in RE2 syntax, without look-around and back-references`,
  ],
  [
    { [`${canary}.analysis`]: { templates: [{ templateName: 'a' }], startingStep: -1 } },
    `${canary}.analysis.startingStep: -1 is below the minimum 0; ${range(0)}`,
  ],
  [{ [`${steps}.0`]: { experiment: { templates: [{ ...template, weight: 5 }], duration: '5m' } } }, ''],
  [
    { [`${steps}.0`]: { experiment: { templates: [{ name: 'base', specRef: 'old' }] } } },
    `${steps}[0].experiment.templates[0].specRef: "old" is unknown; write stable or canary`,
  ],
  [
    { [`${steps}.0`]: { experiment: { templates: [template], duration: '5' } } },
    `${steps}[0].experiment.duration: "5" has no unit after 5; write a duration like 30s, 5m or 1h30m`,
  ],
  [
    { [`${steps}.0`]: { experiment: { templates: [{ ...template, weight: 5 }] } }, [`${canary}.trafficRouting`]: undefined },
    `${steps}[0].experiment.templates[0].weight: needs trafficRouting; leave it out, or add trafficRouting with plugins: {spillway/edge: {}}`,
  ],
])

const blueGreen = 'spec.strategy.blueGreen'
check('blue-green', blueGreenRollout, [
  [{ [`${blueGreen}.activeService`]: undefined }, `${blueGreen}.activeService: is missing; write the Service that users reach`],
  [
    { [`${blueGreen}.previewService`]: 'active' },
    `${blueGreen}.previewService: "active" is activeService, too; write another Service, or leave it out`,
  ],
  [{ [`${blueGreen}.previewService`]: undefined }, ''],
  [
    { [`${blueGreen}.scaleDownDelayRevisionLimit`]: 11 },
    `${blueGreen}.scaleDownDelayRevisionLimit: 11 is above revisionHistoryLimit 10; write at most 10, or raise revisionHistoryLimit`,
  ],
  [{ [`${blueGreen}.scaleDownDelayRevisionLimit`]: 11, 'spec.revisionHistoryLimit': 11 }, ''],
  [{ [`${blueGreen}.previewReplicaCount`]: -1 }, `${blueGreen}.previewReplicaCount: -1 is below the minimum 0; ${range(0)}`],
  [{ [`${blueGreen}.prePromotionAnalysis`]: {} }, `${blueGreen}.prePromotionAnalysis.templates: are missing; write at least one, as templateName`],
])

const notYet = (path: string, fix = 'leave it out'): string => `${path}: is not supported yet; ${fix}`
const routing = `${canary}.trafficRouting`
check('what is not there yet is told', canaryRollout, [
  [{ 'spec.workloadRef': { name: 'shop' }, 'spec.template': undefined, 'spec.selector': undefined }, notYet('spec.workloadRef')],
  [{ 'spec.rollbackWindow': { revisions: 3 } }, notYet('spec.rollbackWindow')],
  [{ 'spec.rollbackWindow': { revisions: 0 } }, ''],
  [{ [`${canary}.dynamicStableScale`]: true }, notYet(`${canary}.dynamicStableScale`)],
  [{ [`${canary}.dynamicStableScale`]: false }, ''],
  [{ [`${canary}.pingPong`]: { pingService: 'a', pongService: 'b' } }, notYet(`${canary}.pingPong`)],
  [{ [`${canary}.antiAffinity`]: { requiredDuringSchedulingIgnoredDuringExecution: {} } }, notYet(`${canary}.antiAffinity`)],
  [{ [`${canary}.canaryMetadata`]: { labels: { a: 'b' } } }, notYet(`${canary}.canaryMetadata`)],
  [{ [`${canary}.stableMetadata`]: {} }, ''],
  [{ [`${canary}.minPodsPerReplicaSet`]: 2 }, notYet(`${canary}.minPodsPerReplicaSet`)],
  [{ [`${canary}.replicaProgressThreshold`]: { type: 'Percent', value: 90 } }, notYet(`${canary}.replicaProgressThreshold`)],
  [{ [`${routing}.plugins`]: { 'example/router': {} } }, notYet(`${routing}.plugins["example/router"]`, 'use spillway/edge')],
  [{ [`${routing}.alb`]: { servicePort: 80 } }, notYet(`${routing}.alb`, 'leave it out: spillway/edge does it all')],
  [{ [routing]: { traefik: { weightedTraefikServiceName: 'x' } } }, notYet(`${routing}.traefik`, 'write plugins: {spillway/edge: {}} instead')],
  [{ [routing]: { istio: { virtualService: { name: 'x' } } } }, notYet(`${routing}.istio`, 'write plugins: {spillway/edge: {}} instead')],
  [{ [routing]: {} }, `${routing}: names no router; write plugins: {spillway/edge: {}}`],
  [
    { [`${routing}.plugins`]: { 'spillway/edge': { stickyness: {} } } },
    `${routing}.plugins["spillway/edge"].stickyness: is unknown; did you mean stickiness?`,
  ],
  [
    { [`${routing}.plugins`]: { 'spillway/edge': { services: ['stable'] } } },
    `${routing}.plugins["spillway/edge"].services[0]: "stable" is stableService already; leave it out here`,
  ],
])

t.test('all mistakes are told at once, in the order of the spec', async (t) => {
  const rollout = edited(canaryRollout(), {
    'spec.replicas': -1,
    [`${steps}.0.setWeight`]: 200,
    [`${steps}.3.pause.duration`]: 'later',
    [`${pod}.containers.0.image`]: undefined,
    'spec.workloadRef': null,
  })
  t.strictSame(
    told(rollout).map((text) => text.split(':')[0]),
    [`${pod}.containers[0].image`, 'spec.replicas', `${steps}[0].setWeight`, `${steps}[3].pause.duration`],
  )
  t.match(told(edited(canaryRollout(), { 'spec.workloadRef': { name: 'x' } })), [/template must be empty/, /workloadRef: is not supported yet/])
  const text = invalidSpecText(
    validateRollout(edited(canaryRollout(), { [steps]: Array.from({ length: 10_000 }, () => ({ setWeight: 200 })) }), {}, compileRegex),
  )
  t.match(text, /^spec\.strategy\.canary\.steps\[0\]\.setWeight: 200 is above .*\. And 96 more$/)
  t.ok(text.length < 1_000)
})
