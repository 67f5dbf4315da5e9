import type { Unstructured } from '../../unstructured.ts'
import type { User } from '../auth/user.ts'
import type { Kind, Verb, WriteContext } from '../kinds/kind.ts'
import type { KindRegistry } from '../registry.ts'
import type { Store } from '../storage/store.ts'
import type { FieldMachinery } from './fieldMachinery.ts'

/** Who asks for what: all that a request says, but for the object. */
export type Call = {
  readonly kind: Kind
  readonly namespace: string | undefined
  readonly user: User
  /** The field manager; `asked` tells whether the client named it, which server-side apply demands. */
  readonly manager: { readonly name: string; readonly asked: boolean }
  readonly dryRun: boolean
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  /** Goes to the client beside the answer. */
  readonly warn: (text: string) => void
}

export type Attributes = {
  readonly verb: Extract<Verb, 'create' | 'update' | 'delete'>
  readonly kind: Kind
  readonly namespace: string | undefined
  readonly name: string
  readonly subresource: string | undefined
  readonly user: User
  /** The object as it is now; undefined when it is created. */
  readonly old: Unstructured | undefined
}

/** Looks at a write before it is validated: gives the object that is to be written, which for deletions is `object` unchanged, or throws an ApiError. */
export type Admission = (object: Unstructured, attributes: Attributes) => Unstructured

/** What requests are carried out on. */
export type Machinery = {
  readonly store: Store
  readonly kinds: KindRegistry
  readonly fields: FieldMachinery
  readonly nowMs: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly admissions: readonly Admission[]
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

export function writeContext({ nowMs, random, store }: Machinery): WriteContext {
  return { now: timeText(nowMs()), random, list: (resource) => store.list(resource) }
}

/** An object of the store in the form of the kind that is asked for. */
export function served(kind: Kind, stored: Unstructured): Unstructured {
  return kind.conversion?.fromStored(stored) ?? stored
}

export function kept(kind: Kind, object: Unstructured): Unstructured {
  return kind.conversion?.toStored(object) ?? object
}
