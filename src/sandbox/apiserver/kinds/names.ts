/** The rules of names. Each gives what is wrong with a text, in the real server's words; nothing if it is right. */

export type TextRule = (text: string) => readonly string[]

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'

type Pattern = { readonly says: string; readonly regex: string; readonly examples: readonly string[] }

const patterns = {
  label: {
    says: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    regex: label,
    examples: ['my-name', '123-abc'],
  },
  subdomain: {
    says: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    regex: subdomain,
    examples: ['example.com'],
  },
  wildcard: {
    says: "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    regex: `\\*\\.${subdomain}`,
    examples: ['*.example.com'],
  },
  serviceName: {
    says: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    regex: '[a-z]([-a-z0-9]*[a-z0-9])?',
    examples: ['my-name', 'abc-123'],
  },
  qualified: {
    says: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    regex: qualified,
    examples: ['MyName', 'my.name', '123-abc'],
  },
  labelValue: {
    says: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    regex: `(${qualified})?`,
    examples: ['MyValue', 'my_value', '12345'],
  },
  configKey: {
    says: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    regex: '[-._a-zA-Z0-9]+',
    examples: ['key.name', 'KEY_NAME', 'key-name'],
  },
  percent: { says: "a valid percent string must be a numeric string followed by an ending '%'", regex: '[0-9]+%', examples: ['1%', '93%'] },
  httpHeader: { says: "a valid HTTP header must consist of alphanumeric characters or '-'", regex: '[-A-Za-z0-9]+', examples: ['X-Header-Name'] },
  conditionReason: {
    says: "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
    regex: '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?',
    examples: ['my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'],
  },
} as const satisfies Record<string, Pattern>

const compiled = new Map<Pattern, RegExp>()

function matches(pattern: Pattern, text: string): boolean {
  let regex = compiled.get(pattern)
  if (regex === undefined) compiled.set(pattern, (regex = new RegExp(`^(?:${pattern.regex})$`)))
  return regex.test(text)
}

function unlike(pattern: Pattern, text: string): readonly string[] {
  return matches(pattern, text) ? [] : [patternMessage(pattern)]
}

/** How the server says that a text does not match; an `(e.g. …, regex …)` follows. */
export function patternMessage({ says, regex, examples }: Pattern): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ')
  return `${says} (e.g. ${shown}regex used for validation is '${regex}')`
}

function longerThan(limit: number, text: string): readonly string[] {
  return text.length > limit ? [`must be no more than ${limit} characters`] : []
}

export const dnsSubdomain: TextRule = (text) => [...longerThan(253, text), ...unlike(patterns.subdomain, text)]

export const dnsLabel: TextRule = (text) => {
  const wrong = longerThan(63, text)
  if (matches(patterns.label, text)) return wrong
  return [...wrong, matches(patterns.subdomain, text) ? 'must not contain dots' : patternMessage(patterns.label)]
}

export const serviceLabel: TextRule = (text) => [...longerThan(63, text), ...unlike(patterns.serviceName, text)]
export const wildcardSubdomain: TextRule = (text) => [...longerThan(253, text), ...unlike(patterns.wildcard, text)]
export const labelValue: TextRule = (text) => [...longerThan(63, text), ...unlike(patterns.labelValue, text)]
export const percentText: TextRule = (text) => unlike(patterns.percent, text)
export const httpHeaderName: TextRule = (text) => unlike(patterns.httpHeader, text)
export const conditionReason: TextRule = (text) => unlike(patterns.conditionReason, text)
export const configKey: TextRule = (text) => [...longerThan(253, text), ...unlike(patterns.configKey, text), ...upwards(text)]

/** A name that may stand in a URL's path: the rule of RBAC's objects. */
export const pathSegment: TextRule = (text) => {
  if (text === '.' || text === '..') return [`may not be '${text}'`]
  return ['/', '%'].filter((sign) => text.includes(sign)).map((sign) => `may not contain '${sign}'`)
}

export const envName: TextRule = (text) => {
  if (text === '') return ['environment variable name must be non-empty']
  return /^[ -<>-~]*$/.test(text) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

export const portName: TextRule = (text) => [
  ...longerThan(15, text),
  ...(/^[-a-z0-9]+$/.test(text) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
  ...(/[a-z]/.test(text) ? [] : ['must contain at least one letter (a-z)']),
  ...(text.includes('--') ? ['must not contain consecutive hyphens'] : []),
  ...(text.startsWith('-') || text.endsWith('-') ? ['must not begin or end with a hyphen'] : []),
]

/** A label's or an annotation's key: a name, with a domain before a slash if there is one. */
export const qualifiedName: TextRule = (text) => {
  const parts = text.split('/')
  if (parts.length > 2)
    return [`a qualified name ${patternMessage(patterns.qualified)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  const name = parts.at(-1)!
  const prefix = parts.length === 2 ? parts[0]! : undefined
  const wrong: string[] = []
  if (prefix === '') wrong.push('prefix part must be non-empty')
  else if (prefix !== undefined) wrong.push(...dnsSubdomain(prefix).map((message) => `prefix part ${message}`))
  if (name === '') wrong.push('name part must be non-empty')
  else wrong.push(...longerThan(63, name).map((message) => `name part ${message}`))
  wrong.push(...unlike(patterns.qualified, name).map((message) => `name part ${message}`))
  return wrong
}

export function inRange(value: number, low: number, high: number): readonly string[] {
  return value >= low && value <= high ? [] : [`must be between ${low} and ${high}, inclusive`]
}

export function portNumber(value: number): readonly string[] {
  return inRange(value, 1, 65535)
}

function upwards(text: string): readonly string[] {
  if (text === '.' || text === '..') return [`must not be '${text}'`]
  return text.startsWith('..') ? ["must not start with '..'"] : []
}
