import { ApiError, badRequest } from '../apiError.ts'

/** As `parseRevision`, in the words in which a watch is refused. */
export function parseWatchRevision(text: string): number | undefined {
  if (text === '' || /^\d+$/.test(text)) return parseRevision(text)
  const shown = JSON.stringify(text)
  throw new ApiError({
    code: 500,
    reason: '',
    message: `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`,
  })
}

/** undefined for ''. */
export function parseRevision(text: string): number | undefined {
  if (text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  )
}

/** 504: nobody has written that yet. */
export function tooLarge(asked: number, current: number): ApiError {
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
    retryAfterSeconds: 1,
  })
}

export function expired(message: string): ApiError {
  return new ApiError({ code: 410, reason: 'Expired', message })
}
