/** Fields of a pod template that were probably meant otherwise: no schema looks there, since every version of Kubernetes adds some. */
import { nearest } from '../../core/routing/nearest.ts'
import { child, isMap, keyOf, listIn, mapIn } from '../../core/spec/field.ts'
import { type Field, type Findings, openFindings } from '../../core/spec/findings.ts'

type Fields = {
  readonly names: readonly string[]
  /** Fields whose value, or the elements of whose list, has fields that are known too. */
  readonly within?: Readonly<Record<string, Fields>>
}

const named = (names: string, within: Readonly<Record<string, Fields>> = {}): Fields => ({ names: names.split(' '), within })

const httpGet = named('host httpHeaders path port scheme')
const probe = named(
  'exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket terminationGracePeriodSeconds timeoutSeconds',
  { httpGet },
)
const container = named(
  'args command env envFrom image imagePullPolicy lifecycle livenessProbe name ports readinessProbe resizePolicy resources restartPolicy ' +
    'restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts workingDir',
  {
    env: named('name value valueFrom'),
    ports: named('containerPort hostIP hostPort name protocol'),
    resources: named('claims limits requests'),
    volumeMounts: named('mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr'),
    livenessProbe: probe,
    readinessProbe: probe,
    startupProbe: probe,
  },
)
const podSpec = named(
  'activeDeadlineSeconds affinity automountServiceAccountToken containers dnsConfig dnsPolicy enableServiceLinks ephemeralContainers hostAliases ' +
    'hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets initContainers nodeName nodeSelector os overhead ' +
    'preemptionPolicy priority priorityClassName readinessGates resourceClaims resources restartPolicy runtimeClassName schedulerName ' +
    'schedulingGates securityContext serviceAccount serviceAccountName setHostnameAsFQDN shareProcessNamespace subdomain ' +
    'terminationGracePeriodSeconds tolerations topologySpreadConstraints volumes',
  { containers: container, initContainers: container },
)
const template = named('metadata spec', {
  metadata: named('labels annotations name namespace creationTimestamp finalizers generateName'),
  spec: podSpec,
})

export function warnPodFields(podTemplate: Field, warnings: Findings): void {
  check(podTemplate, template, warnings)
}

function check(field: Field, { names, within = {} }: Fields, warnings: Findings): void {
  if (Array.isArray(field.value)) for (const element of listIn(field, openFindings())) check(element, { names, within }, warnings)
  if (!isMap(field.value)) return
  for (const each of mapIn(field, openFindings())) {
    const name = keyOf(each)
    if (Object.hasOwn(within, name)) check(child(field, name), within[name]!, warnings)
    if (names.includes(name)) continue
    const meant = nearest(name, names)
    if (meant !== undefined) warnings.report(each, { message: 'is not known here', fix: `did you mean ${meant}?` })
  }
}
