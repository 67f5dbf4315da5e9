import { isIPv4, isIPv6 } from 'node:net'

/** Whether a text has a format that custom kinds may ask for; undefined for formats that are not checked. */
export function hasFormat(format: string, text: string): boolean | undefined {
  return checks[format.replaceAll('-', '')]?.(text)
}

const byPattern =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)
const uuid = (version: string, variant = '[0-9a-f]'): ((text: string) => boolean) =>
  byPattern(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i'))
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: byPattern(/^[0-9a-f]{24}$/i),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
  cidr: isCidr,
  creditcard: (text) => /^[\d\s-]*$/.test(text) && /^\d{12,19}$/.test(text.replace(/\D/g, '')),
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isTime(`${text}T00:00:00Z`),
  datetime: (text) => /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}([.,]\d+)?([Zz]|[+-]\d{2}:?\d{2})?$/.test(text) && isTime(text),
  duration: byPattern(
    /^[+-]?(\d+(\.\d*)?|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w|(nano|micro|milli)?(second|sec)s?|min(ute)?s?|hours?|hr|days?|weeks?|wk)(?:\s*(\d+(\.\d*)?)\s*(ns|us|µs|ms|s|m|h))*$/i,
  ),
  email: byPattern(/^[^\s@<>]+@[^\s@<>]+$|^[^<>]*<[^\s@<>]+@[^\s@<>]+>$/),
  hexcolor: byPattern(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i),
  hostname: (text) => text.length <= 255 && /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*\.?$/i.test(text),
  ipv4: (text) => isIPv4(text),
  ipv6: (text) => isIPv6(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: (text) => text.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(text),
  k8sshortname: (text) => text.length <= 63 && new RegExp(`^${label}$`).test(text),
  mac: byPattern(/^([0-9a-f]{2}([:-]))([0-9a-f]{2}\2){4}[0-9a-f]{2}$|^([0-9a-f]{4}\.){2}[0-9a-f]{4}$/i),
  password: () => true,
  rgbcolor: byPattern(/^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/),
  ssn: byPattern(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  uri: (text) => text.startsWith('/') || (/^[a-z][a-z0-9+.-]*:/i.test(text) && URL.canParse(text)),
  uuid: uuid('[0-9a-f]'),
  uuid3: uuid('3'),
  uuid4: uuid('4', '[89ab]'),
  uuid5: uuid('5', '[89ab]'),
}

function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  if (isIPv4(address)) return Number(bits) <= 32
  return isIPv6(address) && Number(bits) <= 128
}

function isTime(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(text) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return !Number.isNaN(Date.parse(text.replace(',', '.'))) && date.getUTCMonth() === Number(month) - 1
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + (digit === 'X' ? 10 : Number(digit)) * (index + 1), 0)
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0) % 10 === 0
}
