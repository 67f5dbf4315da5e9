/** Text forms that the real server reads itself. Each gives what is wrong with the text, in the real server's words; undefined: nothing. */

const quantityForm = /^[+-]?[0-9]*\.?[0-9]*([eEinumkKMGTP]*)([-+]?[0-9]*)$/
const quantitySuffix = /^(|[numkMGTPE]|[KMGTPE]i)$/

/** Quantities as in `resources`: `1500m`, `1Gi`, `1e3`. */
export function wrongQuantity(text: string): string | undefined {
  const match = quantityForm.exec(text)
  if (match === null || !/^[+\-0-9.]/.test(text)) return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const [, letters = '', digits = ''] = match
  const isExponent = (letters === 'e' || letters === 'E') && /\d/.test(digits)
  if (!isExponent && (digits !== '' || !quantitySuffix.test(letters))) return "unable to parse quantity's suffix"
  return undefined
}

type Element = { readonly name: string; readonly form: RegExp; readonly range?: readonly [number, number]; readonly of?: string }

const day: readonly Element[] = [
  { name: '2006', form: /^\d{4}/ },
  { name: '-', form: /^-/ },
  { name: '01', form: /^\d\d/, range: [1, 12], of: 'month' },
  { name: '-', form: /^-/ },
  { name: '02', form: /^\d\d/, range: [1, 31], of: 'day' },
  { name: 'T', form: /^T/ },
  { name: '15', form: /^\d\d/, range: [0, 23], of: 'hour' },
  { name: ':', form: /^:/ },
  { name: '04', form: /^\d\d/, range: [0, 59], of: 'minute' },
  { name: ':', form: /^:/ },
]
const zone: Element = { name: 'Z07:00', form: /^(Z|[+-]\d\d:\d\d)/ }
const layouts = {
  'date-time': { name: '2006-01-02T15:04:05Z07:00', elements: [...day, { name: '05', form: /^\d\d([.,]\d+)?/, range: [0, 59], of: 'second' }, zone] },
  'micro-time': {
    name: '2006-01-02T15:04:05.000000Z07:00',
    elements: [...day, { name: '05', form: /^\d\d/, range: [0, 59], of: 'second' }, { name: '.000000', form: /^\.\d{6}/ }, zone],
  },
} as const satisfies Record<string, { readonly name: string; readonly elements: readonly Element[] }>

/** Times as RFC 3339 has them; micro times have six digits of a second. */
export function wrongTime(text: string, format: keyof typeof layouts): string | undefined {
  const { name, elements } = layouts[format]
  const isLong = (year: number, month: number, dayOfMonth: number): boolean => dayOfMonth > new Date(Date.UTC(year, month, 0)).getUTCDate()
  let rest = text
  for (const { name: element, form, range, of } of elements as readonly Element[]) {
    const found = form.exec(rest)?.[0]
    if (found === undefined) return `parsing time ${JSON.stringify(text)} as "${name}": cannot parse ${JSON.stringify(rest)} as "${element}"`
    if (range !== undefined && (Number.parseInt(found, 10) < range[0] || Number.parseInt(found, 10) > range[1]))
      return `parsing time ${JSON.stringify(text)}: ${of} out of range`
    rest = rest.slice(found.length)
  }
  if (rest !== '') return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`
  const [year = 0, month = 0, dayOfMonth = 0] = text.slice(0, 10).split('-').map(Number)
  return isLong(year, month, dayOfMonth) ? `parsing time ${JSON.stringify(text)}: day out of range` : undefined
}

/** Line breaks within are passed over, as Go does. */
export function wrongBase64(text: string): string | undefined {
  const at = wrongByte(text)
  return at === undefined ? undefined : `illegal base64 data at input byte ${at}`
}

function wrongByte(text: string): number | undefined {
  const significant = [...text].flatMap((char, at) => (char === '\n' || char === '\r' ? [] : [{ char, at }]))
  for (const [index, { char, at }] of significant.entries()) {
    if (/[A-Za-z0-9+/]/.test(char)) continue
    const inGroup = index % 4
    if (char !== '=' || inGroup < 2) return at
    const padding = significant.slice(index)
    if (inGroup === 2 && padding[1] === undefined) return text.length
    if (inGroup === 2 && padding[1]?.char !== '=') return at
    return padding[inGroup === 2 ? 2 : 1]?.at
  }
  const left = significant.length % 4
  return left === 0 ? undefined : text.length - left
}
