import type { EdgeScope } from '../../../core/routing/report.ts'
import type { Routing } from '../../../core/routing/types.ts'
import { createHash } from '../../../lib/crypto.ts'
import type { SecretCertificate, ServedSplit } from '../../config.ts'

/** A table as it lies on disk, for a start without the cluster. */
export type Snapshot = {
  /** ISO 8601: when the cluster said so. */
  readonly savedAt: string
  /** Of an edge with other flags it is of no use. */
  readonly scope: EdgeScope
  readonly routing: Routing
  readonly trafficSplits: readonly ServedSplit[]
  /**
   * By Secret, keys included: without them a start without the cluster could serve nothing by TLS. The file is its user's alone, and belongs into memory
   * (an `emptyDir` of medium Memory).
   */
  readonly secrets: readonly (readonly [secret: string, certificate: Omit<SecretCertificate, 'expiresAt'> & { readonly expiresAt: Date | string }])[]
}

export type Decoded = { readonly kind: 'snapshot'; readonly snapshot: Snapshot } | { readonly kind: 'unusable'; readonly why: string }

const name = 'spillway-edge-snapshot'
/** Of what the text means: another version is never guessed at. */
const version = 1

/** A line that says what follows, by its length and checksum, and the whole as JSON. */
export function encodeSnapshot(snapshot: Snapshot): Buffer {
  const body = Buffer.from(JSON.stringify(snapshot))
  return Buffer.concat([Buffer.from(`${name} ${version} ${body.length} ${checksum(body)}\n`, 'latin1'), body])
}

/** All of what was written, or nothing: a byte that is missing, changed or too many makes it unusable. Never throws. */
export function decodeSnapshot(bytes: Buffer): Decoded {
  const end = bytes.indexOf(10)
  const header = /^(\S+) (\d{1,9}) (\d{1,12}) ([0-9a-f]{64})$/.exec(bytes.latin1Slice(0, Math.max(0, Math.min(end, 256))))
  if (header === null || header[1] !== name) return { kind: 'unusable', why: 'it does not begin as a snapshot' }
  if (header[2] !== String(version)) return { kind: 'unusable', why: `it is of version ${header[2]}, not ${version}` }
  const body = bytes.subarray(end + 1)
  if (header[3] !== String(body.length)) return { kind: 'unusable', why: `it has ${body.length} bytes instead of ${header[3]}` }
  if (header[4] !== checksum(body)) return { kind: 'unusable', why: 'its checksum is another' }
  try {
    return { kind: 'snapshot', snapshot: JSON.parse(body.toString()) as Snapshot }
  } catch (error) {
    return { kind: 'unusable', why: error instanceof Error ? error.message : String(error) }
  }
}

function checksum(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}
