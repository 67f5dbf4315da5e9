import type { FieldError } from '../apiError.ts'
import { invalidOptions, unsupported } from '../requests/listOptions.ts'
import type { Call } from '../requests/machinery.ts'

/** What a write says beside its object. */
export type WriteQuery = Pick<Call, 'dryRun' | 'fieldValidation' | 'manager'> & { readonly force: boolean | undefined }

const validations = ['Ignore', 'Strict', 'Warn'] as const
const maxManagerBytes = 128

export function parseWriteQuery(
  query: URLSearchParams,
  userAgent: string,
  options: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
): WriteQuery {
  const dryRun = query.getAll('dryRun').filter((each) => each !== '')
  const validation = query.get('fieldValidation') ?? ''
  const manager = query.get('fieldManager') ?? ''
  const fieldValidation = validation === '' ? 'Warn' : validations.find((each) => each === validation)
  const errors: FieldError[] = []
  if (dryRun.some((each) => each !== 'All')) errors.push(unsupported('dryRun', dryRun, ['All']))
  if (manager.length > maxManagerBytes)
    errors.push({ field: 'fieldManager', reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maxManagerBytes} bytes` })
  for (const [at, char] of [...manager].entries()) {
    if (/\P{C}/u.test(char)) continue
    const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
    errors.push({
      field: 'fieldManager',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${goQuoted(manager)}: invalid character U+${code} (at position ${at})`,
    })
  }
  if (fieldValidation === undefined) errors.push(unsupported('fieldValidation', validation, ['', ...validations]))
  if (errors.length > 0 || fieldValidation === undefined) throw invalidOptions(options, errors)
  const force = query.has('force') ? query.get('force') !== 'false' : undefined
  return {
    dryRun: dryRun.length > 0,
    fieldValidation,
    manager: { name: manager === '' ? managerOf(userAgent) : manager, asked: manager !== '' },
    force,
  }
}

/** `kubectl/v1.32.4 (linux/amd64)` writes as `kubectl`. */
function managerOf(userAgent: string): string {
  const name = userAgent
    .split('/')[0]!
    .slice(0, maxManagerBytes)
    .replace(/[^\x20-\x7e]/g, '')
  return name === '' ? 'unknown' : name
}

/** As Go quotes: control characters have two digits there. */
function goQuoted(text: string): string {
  return JSON.stringify(text).replace(/\\u00([01][0-9a-f])/g, '\\x$1')
}
