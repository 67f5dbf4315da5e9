import type { Unstructured } from '../../unstructured.ts'
import type { Call } from './machinery.ts'

/** Answers a creation without keeping anything: reviews. Found by the kind's `storedAs`. */
export type VirtualResource = (object: Unstructured, call: Call) => Unstructured
