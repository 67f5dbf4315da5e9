import { parseQuantity } from '../../../../api/quantity.ts'
import { forbidden, invalid, required } from '../../fieldErrors.ts'
import { type Fields, fields, text } from '../fields.ts'
import { qualifiedName } from '../names.ts'
import { type Errors, notNegativeQuantity } from './rules.ts'

const ofContainers = ['cpu', 'memory', 'ephemeral-storage']
const standard = [
  ...ofContainers,
  ...['requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage'],
  ...[
    'pods',
    'services',
    'replicationcontrollers',
    'secrets',
    'configmaps',
    'persistentvolumeclaims',
    'storage',
    'requests.storage',
    'resourcequotas',
  ],
  ...['services.nodeports', 'services.loadbalancers'],
]

const isHugePage = (name: string): boolean => name.startsWith('hugepages-')
/** Of the cluster itself: cpu, or in its domain. */
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')
const isExtended = (name: string): boolean => !isNative(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0

export function isStandardResource(name: string): boolean {
  return standard.includes(name) || isHugePage(name) || name.startsWith('requests.hugepages-')
}

function* nameErrors(name: string, path: string): Errors {
  const wrong = qualifiedName(name)
  yield* wrong.map((message) => invalid(path, name, message))
  const isPlain = !name.includes('/')
  if (wrong.length === 0 && isPlain && !isStandardResource(name)) yield invalid(path, name, 'must be a standard resource type or fully qualified')
  if (isPlain) {
    if (!ofContainers.includes(name) && !isHugePage(name)) yield invalid(path, name, 'must be a standard resource for containers')
  } else if (!isNative(name) && !isExtended(name)) yield invalid(path, name, "doesn't follow extended resource name standard")
}

export function* amountErrors(name: string, value: unknown, path: string): Errors {
  yield* notNegativeQuantity(value, path)
  const read = parseQuantity(text(value))
  if (isExtended(name) && read !== undefined && read.nanos % 1_000_000_000n !== 0n) yield invalid(path, value, 'must be an integer')
}

/** What a container, or a pod as a whole, asks for and may have. */
export function* requirementErrors(requirements: unknown, path: string): Errors {
  const { limits, requests } = fields(requirements) as { readonly limits?: Fields; readonly requests?: Fields }
  for (const [name, value] of Object.entries(fields(limits))) {
    yield* nameErrors(name, `${path}.limits[${name}]`)
    yield* amountErrors(name, value, `${path}.limits[${name}]`)
  }
  for (const [name, value] of Object.entries(fields(requests))) {
    yield* nameErrors(name, `${path}.requests[${name}]`)
    yield* amountErrors(name, value, `${path}.requests[${name}]`)
    yield* limitErrors(name, value, fields(limits)[name], path)
  }
  const names = [...Object.keys(fields(limits)), ...Object.keys(fields(requests))]
  if (names.some(isHugePage) && !names.includes('cpu') && !names.includes('memory')) yield forbidden(path, 'HugePages require cpu or memory')
}

function* limitErrors(name: string, value: unknown, limit: unknown, path: string): Errors {
  const overcommits = isNative(name) && !isHugePage(name)
  const [asked, allowed] = [parseQuantity(text(value)), parseQuantity(text(limit))]
  if (allowed === undefined) {
    if (!overcommits) yield required(`${path}.limits`, 'Limit must be set for non overcommitable resources')
  } else if (asked !== undefined && asked.nanos !== allowed.nanos && !overcommits) {
    yield invalid(`${path}.requests`, value, `must be equal to ${name} limit of ${text(limit)}`)
  } else if (asked !== undefined && asked.nanos > allowed.nanos) {
    yield invalid(`${path}.requests`, value, `must be less than or equal to ${name} limit of ${text(limit)}`)
  }
}
