import type { OwnerReference } from '../../../api/meta.ts'
import { equalJson } from '../../json.ts'
import type { Call } from './machinery.ts'
import type { ObjectMeta } from './objectMeta.ts'

/** Metadata in which no owner stands twice; tells of those that did, as the real server does before or after admission. */
export function withoutRepeatedOwners(call: Call, metadata: ObjectMeta, when: '' | ' after mutating admission happens'): ObjectMeta {
  const owners = metadata.ownerReferences ?? []
  if (owners.length < 2) return metadata
  const once: OwnerReference[] = []
  const repeated = new Set<string>()
  for (const owner of owners) {
    if (once.some((other) => equalJson(other, owner))) repeated.add(owner.uid)
    else once.push(owner)
  }
  if (repeated.size === 0) return metadata
  const advice = 'API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests'
  call.warn(`.metadata.ownerReferences contains duplicate entries${when}; ${advice}; duplicate UID(s) observed: ${[...repeated].join(', ')}`)
  return { ...metadata, ownerReferences: once }
}
