import type { EdgeLog } from '../../log.ts'
import type { Refusal } from './cluster.ts'

/** What is refused at the moment: told when it begins, and when it ends. */
export type Refusals = {
  tell(present: readonly Refusal[]): void
  /** Of each kind of object. */
  counts(): ReadonlyMap<Refusal['kind'], number>
}

export function openRefusals({ log }: { readonly log: EdgeLog }): Refusals {
  let known = new Map<string, Refusal>()
  return {
    tell(present) {
      const next = new Map(present.map((refusal) => [keyOf(refusal), refusal]))
      for (const [key, refusal] of next) if (!known.has(key)) log.warn('a part of the cluster is not served as it says', fieldsOf(refusal))
      for (const [key, refusal] of known) if (!next.has(key)) log.info('that is over', fieldsOf(refusal))
      known = next
    },
    counts() {
      const counts = new Map<Refusal['kind'], number>()
      for (const { kind } of known.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
      return counts
    },
  }
}

function keyOf({ kind, namespace, name, field, message }: Refusal): string {
  return JSON.stringify([kind, namespace, name, field, message])
}

function fieldsOf({ kind, namespace, name, field, message, fix }: Refusal): Readonly<Record<string, string>> {
  return { object: `${kind} ${namespace}/${name}`, ...(field !== '' && { field }), reason: message, fix }
}
