import type { JsonObject, Unstructured } from '../../unstructured.ts'
import type { ApiError } from '../apiError.ts'
import type { Kind } from '../kinds/kind.ts'

/** A refusal as `metav1.Status`. */
export function failure({ message, reason, details, code, metadata, retryAfterSeconds }: ApiError): JsonObject {
  const told = retryAfterSeconds === undefined || details?.['retryAfterSeconds'] !== undefined ? details : { ...details, retryAfterSeconds }
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: metadata ?? {},
    status: 'Failure',
    message,
    ...(reason !== '' && { reason }),
    ...(told !== undefined && { details: told }),
    code,
  }
}

/** What a deletion answers when the object is gone. */
export function deleted({ group, plural }: Kind, { metadata }: Unstructured): JsonObject {
  const details = { name: metadata.name, ...(group !== '' && { group }), kind: plural, ...(metadata.uid !== undefined && { uid: metadata.uid }) }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

/** What is done without an object to show for it. */
export function success(code: number): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code }
}
