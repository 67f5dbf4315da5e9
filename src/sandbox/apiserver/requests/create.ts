import type { Unstructured } from '../../unstructured.ts'
import { ApiError, alreadyExists, notFound } from '../apiError.ts'
import { generatedName, uuidFrom } from './generatedName.ts'
import { type Call, type Machinery, timeText, writeContext } from './machinery.ts'
import { keepsGeneration, type ObjectMeta, placed, withMetadata, without } from './objectMeta.ts'
import { withoutRepeatedOwners } from './ownerReferences.ts'
import { about, admitted, checked, findLive, internalError, owned, stored } from './write.ts'

/** As often as the real server draws another name. */
const nameDraws = 8

/** Server-side apply has written the owners of an applied object down already. */
type Writing = 'written' | 'applied'

/** `object` has the form of the call's kind, and known fields only. */
export function create(machinery: Machinery, call: Call, object: Unstructured, by: Writing = 'written'): Unstructured {
  const { name = '', generateName = '' } = object.metadata
  if (name !== '' || generateName === '') return createNamed(machinery, call, object, by)
  for (let draw = 1; ; draw++) {
    const drawn = generatedName(generateName, machinery.random)
    if (findLive(machinery, call, drawn) === undefined || draw === nameDraws) {
      return createNamed(machinery, call, { ...object, metadata: { ...object.metadata, name: drawn } }, by)
    }
  }
}

function createNamed(machinery: Machinery, call: Call, object: Unstructured, by: Writing): Unstructured {
  const { kind } = call
  const { strategy } = kind
  const asked = withoutRepeatedOwners(call, placed(kind, object.metadata, call.namespace), '')
  if (asked.resourceVersion !== undefined && asked.resourceVersion !== '')
    throw internalError('resourceVersion should not be set on objects to be created')
  requireNamespace(machinery, call, asked.name ?? '')
  const context = writeContext(machinery)
  const begun = withMetadata(kind, object, systemMetadata(machinery, call, asked))
  const { name } = begun.metadata
  const defaulted = strategy.defaults?.(begun) ?? begun
  const { managedFields: sent } = asked
  const own = by === 'applied' ? defaulted : owned(machinery, call, defaulted, { live: undefined, subresource: undefined, sent })
  const accepted = admitted(machinery, call, own, { verb: 'create', name, subresource: undefined, old: undefined })
  const prepared = strategy.prepareForCreate?.(accepted, context) ?? accepted
  checked(call, prepared, undefined)
  const taken = findLive(machinery, call, name)
  if (taken !== undefined) throw alreadyExists(about(call, name), taken.metadata.deletionTimestamp !== undefined)
  const complete = withMetadata(kind, prepared, prepared.metadata)
  return stored(machinery, call, complete)
}

function systemMetadata({ nowMs, random }: Machinery, { kind }: Call, asked: ObjectMeta): ObjectMeta {
  const rest = without(without(asked, 'deletionTimestamp'), 'deletionGracePeriodSeconds')
  const generation = keepsGeneration(kind) ? { generation: 1 } : {}
  return { ...rest, ...generation, resourceVersion: '', uid: uuidFrom(random), creationTimestamp: timeText(nowMs()) }
}

/** Refuses what would be written into a namespace that is not there, or that is being deleted. */
function requireNamespace(machinery: Machinery, call: Call, name: string): void {
  const { kind, namespace } = call
  if (!kind.namespaced || namespace === undefined) return
  const found = machinery.store.get('namespaces', namespace)
  if (found === undefined) throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace', name: namespace })
  if (found.metadata.deletionTimestamp === undefined) return
  const { group, plural } = kind
  const about = `${group === '' ? plural : `${plural}.${group}`} ${JSON.stringify(name)}`
  throw new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${about} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    details: {
      name,
      ...(group !== '' && { group }),
      kind: plural,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }],
    },
  })
}
