import t from 'tap'
import { ApiError } from '../../../../src/sandbox/apiserver/apiError.ts'
import type { WriteContext } from '../../../../src/sandbox/apiserver/kinds/kind.ts'
import type { JsonObject, Unstructured } from '../../../../src/sandbox/unstructured.ts'
import { kindOf, now } from './accept.ts'

const service = kindOf({ apiVersion: 'v1', kind: 'Service' })
const pod = kindOf({ apiVersion: 'v1', kind: 'Pod' })

/** Draws the same numbers each time, so that a second one runs into the first. */
function context(kept: Readonly<Record<string, readonly Unstructured[]>> = {}, drawn = 7): WriteContext {
  return { now, random: (bytes) => new Uint8Array(bytes).fill(drawn), list: (resource) => kept[resource] ?? [] }
}

function created(name: string, spec: JsonObject, kept: readonly Unstructured[] = []): Unstructured {
  const object = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'n', uid: name }, spec } as unknown as Unstructured
  return service.strategy.prepareForCreate!(service.strategy.defaults!(object), context({ services: kept }))
}

const addressOf = (object: Unstructured): string => (object.spec as { clusterIP: string }).clusterIP
const nodePortsOf = (object: Unstructured): readonly (number | undefined)[] =>
  (object.spec as { ports: readonly { nodePort?: number }[] }).ports.map(({ nodePort }) => nodePort)

function refusal(of: () => unknown): string {
  try {
    of()
  } catch (error) {
    if (error instanceof ApiError) return error.message
    throw error
  }
  return 'nothing'
}

t.test('no two Services have an address', async (t) => {
  const first = created('a', { ports: [{ port: 80 }] })
  const second = created('b', { ports: [{ port: 80 }] }, [first])
  t.match(addressOf(first), /^10\.96\.\d+\.\d+$/)
  t.match(addressOf(second), /^10\.96\.\d+\.\d+$/)
  t.not(addressOf(first), addressOf(second))
  const asked = { clusterIP: addressOf(first), ports: [{ port: 80 }] }
  t.equal(
    refusal(() => created('c', asked, [first])),
    `Service "c" is invalid: spec.clusterIPs: Invalid value: ["${addressOf(first)}"]: failed to allocate IP ${addressOf(first)}: provided IP is already allocated`,
  )
})

t.test('no two Services have a node port', async (t) => {
  const first = created('a', { type: 'NodePort', ports: [{ port: 80 }] })
  const second = created('b', { type: 'NodePort', ports: [{ port: 80 }] }, [first])
  const ports = [...nodePortsOf(first), ...nodePortsOf(second)] as number[]
  t.ok(ports.every((port) => port >= 30000 && port <= 32767))
  t.equal(new Set(ports).size, 2)
  t.equal(
    refusal(() => created('c', { type: 'NodePort', ports: [{ port: 80, nodePort: ports[0]! }] }, [first])),
    `Service "c" is invalid: spec.ports[0].nodePort: Invalid value: ${ports[0]}: provided port is already allocated`,
  )
})

t.test('one port has one node port for all protocols', async (t) => {
  const [tcp, udp] = nodePortsOf(
    created('a', {
      type: 'NodePort',
      ports: [
        { name: 'a', port: 53 },
        { name: 'b', port: 53, protocol: 'UDP' },
      ],
    }),
  )
  t.equal(tcp, udp)
})

t.test('an update keeps what was given, and gives what is missing', async (t) => {
  const first = created('a', { type: 'NodePort', ports: [{ port: 80 }] })
  const bare = { ...first, spec: { type: 'NodePort', ports: [{ port: 80 }] } } as unknown as Unstructured
  const kept = service.strategy.prepareForUpdate!(service.strategy.defaults!(bare), first, context({ services: [first] }))
  t.equal(addressOf(kept), addressOf(first))
  t.same(nodePortsOf(kept), nodePortsOf(first))
  const two = {
    ...first,
    spec: {
      ...(first.spec as object),
      ports: [
        { name: 'a', port: 80 },
        { name: 'b', port: 81 },
      ],
    },
  } as unknown as Unstructured
  const more = service.strategy.prepareForUpdate!(service.strategy.defaults!(two), first, context({ services: [first] }))
  t.equal(new Set(nodePortsOf(more)).size, 2)
})

t.test('a pod has the number of its class', async (t) => {
  const classes = [
    { metadata: { name: 'low' }, value: 5, preemptionPolicy: 'Never' },
    { metadata: { name: 'usual' }, value: 9, globalDefault: true },
  ] as unknown as readonly Unstructured[]
  const made = (spec: JsonObject): unknown => {
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'n' },
      spec: { containers: [], ...spec },
    } as unknown as Unstructured
    const { priority, priorityClassName, preemptionPolicy } = pod.strategy.prepareForCreate!(
      pod.strategy.defaults!(object),
      context({ 'priorityclasses.scheduling.k8s.io': classes }),
    ).spec as JsonObject
    return [priority, priorityClassName, preemptionPolicy]
  }
  t.same(made({ priorityClassName: 'low' }), [5, 'low', 'Never'])
  t.same(made({}), [9, 'usual', 'PreemptLowerPriority'])
  t.match(
    refusal(() => made({ priorityClassName: 'low', priority: 6 })),
    /^pods "p" is forbidden: the integer value of priority \(6\) must not be provided/,
  )
})

t.test('a pod that is deleted has the time that it asks for, if someone runs it', async (t) => {
  const made = (spec: JsonObject, status: JsonObject = {}): Unstructured => ({ spec, status }) as unknown as Unstructured
  const rows = [
    { pod: made({ terminationGracePeriodSeconds: 30 }), asked: undefined, seconds: 0 },
    { pod: made({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), asked: undefined, seconds: 30 },
    { pod: made({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), asked: 5, seconds: 5 },
    { pod: made({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), asked: 0, seconds: 0 },
    { pod: made({ nodeName: 'n', terminationGracePeriodSeconds: 30 }, { phase: 'Succeeded' }), asked: 5, seconds: 0 },
    { pod: made({ nodeName: 'n', terminationGracePeriodSeconds: 30 }), asked: -1, seconds: 1 },
  ]
  for (const { pod: each, asked, seconds } of rows) t.equal(pod.strategy.graceSeconds!(each, asked), seconds, `${asked} of ${JSON.stringify(each)}`)
})
