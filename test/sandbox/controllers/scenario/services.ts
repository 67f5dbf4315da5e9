import type { Container } from '../../../../src/api/container.ts'
import type { Pod, PodPhase, PodSpec } from '../../../../src/api/pod.ts'
import type { EndpointAddress, EndpointSlice, Endpoints, ServiceSpec } from '../../../../src/api/services.ts'
import { timestampOf } from '../../../../src/api/time.ts'
import type { Any, Driver, Scenario, Step } from './driver.ts'

const slices = 'endpointslices.discovery.k8s.io'
/** Of this run: real clusters are shared. */
const nodeName = `controllers-${Date.now().toString(36)}`

function service(spec: Partial<ServiceSpec>, labels: Readonly<Record<string, string>> = { team: 'a' }): Any {
  const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }] as const
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', labels }, spec: { selector: { app: 'web' }, ports, ...spec } }
}

function pod(name: string, spec: Partial<PodSpec> = {}): Any {
  const containers: readonly Container[] = [{ name: 'web', image: 'demo' }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web' } }, spec: { nodeName, containers, ...spec } }
}

/** One after the other: each change has a time of its own. */
async function tellAll(driver: Driver, told: readonly (readonly [name: string, ip: string, isReady: boolean])[]): Promise<void> {
  for (const [name, ip, isReady] of told) {
    tell(driver, name, ip, isReady)
    await driver.rest()
  }
}

function tell(driver: Driver, name: string, ip: string | undefined, isReady: boolean, phase: PodPhase = 'Running'): void {
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: timestampOf(driver.nowMs()) }]
  const addresses = ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }
  driver.change('pods', name, (pod) => ({ ...pod, status: { ...(pod as unknown as Pod).status, phase, ...addresses, conditions } }), 'status')
}

const step = (name: string, run: Step['do']): Step => ({ name, do: run })

const started: Step = step('a service and three pods', (driver) => {
  driver.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels: { 'topology.kubernetes.io/zone': 'zone-a' } } })
  driver.create('services', service({}))
  for (const name of ['a', 'b', 'c']) driver.create('pods', pod(name))
})

function end(driver: Driver): void {
  driver.remove('nodes', nodeName)
}

const scenarios: readonly { readonly name: string; readonly steps: readonly Step[] }[] = [
  {
    name: 'pods that come and go',
    steps: [
      started,
      step('addresses', (driver) =>
        tellAll(driver, [
          ['a', '10.9.0.1', true],
          ['b', '10.9.0.2', true],
          ['c', '10.9.0.3', false],
        ]),
      ),
      step('the third is ready', (driver) => tell(driver, 'c', '10.9.0.3', true)),
      step('one is being deleted', (driver) => driver.remove('pods', 'a')),
      step('and not ready', (driver) => tell(driver, 'a', '10.9.0.1', false)),
      step('and gone', (driver) => driver.remove('pods', 'a', 'now')),
      step('another label', (driver) =>
        driver.change('services', 'web', ({ metadata, ...rest }) => ({ ...rest, metadata: { ...metadata, labels: { team: 'b' } } })),
      ),
      step('another is not ready', (driver) => tell(driver, 'b', '10.9.0.2', false)),
      step('publishes those that are not ready', (driver) => {
        driver.change('services', 'web', (object) => ({ ...object, spec: { ...(object['spec'] as ServiceSpec), publishNotReadyAddresses: true } }))
      }),
      step('one has failed', (driver) => tell(driver, 'c', '10.9.0.3', false, 'Failed')),
    ],
  },
  {
    name: 'named ports that differ',
    steps: [
      step('a service of three ports', (driver) => {
        driver.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } })
        const ports = [
          { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web' },
          { name: 'admin', protocol: 'TCP', port: 81, targetPort: 'admin' },
          { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353, appProtocol: 'dns' },
        ] as const
        driver.create('services', service({ ports }))
      }),
      step('pods with different ports', (driver) => {
        const named = (name: string, containerPort: number) => ({ name, containerPort, protocol: 'TCP' }) as const
        const containers = (...ports: NonNullable<Container['ports']>): readonly Container[] => [{ name: 'web', image: 'demo', ports }]
        driver.create('pods', pod('a', { containers: containers(named('web', 8080), named('admin', 9090)) }))
        driver.create('pods', pod('b', { containers: containers(named('web', 8080), named('admin', 9090)) }))
        driver.create('pods', pod('c', { containers: containers(named('web', 8081), named('admin', 9090)) }))
        driver.create('pods', pod('d', { containers: containers(named('web', 8080)), hostname: 'host', subdomain: 'web' }))
        return tellAll(
          driver,
          ['a', 'b', 'c', 'd'].map((name, i) => [name, `10.9.1.${i + 1}`, true]),
        )
      }),
      step('one of them gone', (driver) => driver.remove('pods', 'c', 'now')),
    ],
  },
  {
    name: 'a headless service without ports',
    steps: [
      step('a service', (driver) => {
        driver.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } })
        driver.create('services', service({ clusterIP: 'None', ports: [] }))
      }),
      step('two pods', (driver) => {
        for (const name of ['a', 'b']) driver.create('pods', pod(name))
        return tellAll(
          driver,
          ['a', 'b'].map((name, i) => [name, `10.9.2.${i + 1}`, name === 'a']),
        )
      }),
      step('none', (driver) => {
        for (const name of ['a', 'b']) driver.remove('pods', name, 'now')
      }),
    ],
  },
]

/** Slices by their first address, endpoints by address; nodes and names as they are in every run. */
function snapshot(driver: Driver): unknown {
  const named = (text: string): string => text.replaceAll(nodeName, 'NODE')
  const seen = (driver.list(slices) as readonly unknown[] as readonly EndpointSlice[]).map(({ metadata, endpoints, ports, addressType }) => ({
    labels: metadata.labels,
    generateName: metadata.generateName,
    owner: metadata.ownerReferences?.map(({ kind, name, controller, blockOwnerDeletion }) => ({ kind, name, controller, blockOwnerDeletion })),
    // Slices without ports are written anew by every look at them there, and lose the time.
    isTimed: (ports ?? []).length > 0 && metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'] !== undefined,
    addressType,
    endpoints: (endpoints ?? [])
      .map(({ targetRef, ...endpoint }) => ({ ...endpoint, targetRef: { kind: targetRef?.kind, name: targetRef?.name } }))
      .toSorted((a, b) => (a.addresses[0]! < b.addresses[0]! ? -1 : 1)),
    ports: sortedByText(ports ?? []),
  }))
  const legacy = (driver.list('endpoints') as readonly unknown[] as readonly Endpoints[]).map(({ metadata, subsets = [] }) => ({
    labels: metadata.labels,
    isTimed: metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'] !== undefined,
    subsets: sortedByText(
      subsets.map(({ addresses, notReadyAddresses, ports }) => ({
        addresses: addresses?.map(anonymous),
        notReadyAddresses: notReadyAddresses?.map(anonymous),
        ports: ports && sortedByText(ports),
      })),
    ),
  }))
  return JSON.parse(named(JSON.stringify({ slices: sortedByText(seen), endpoints: legacy })))
}

function anonymous({ targetRef, ...address }: EndpointAddress): unknown {
  return { ...address, targetRef: { kind: targetRef?.kind, name: targetRef?.name } }
}

function sortedByText<T>(values: readonly T[]): readonly T[] {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, part) =>
      part && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part,
    )
  return values.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
}

export const serviceScenarios: readonly Scenario[] = scenarios.map((scenario) => ({ ...scenario, snapshot, end }))
export const watchedByServices = ['services', 'pods', 'endpoints', slices]
