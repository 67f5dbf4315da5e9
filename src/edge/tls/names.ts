/** Names as certificates have them and as clients ask for them, and which of several certificates a name selects. */

const nameCharactersMaximum = 255
const visible = /^[\x21-\x7e]+$/

/**
 * The names in a certificate's `subjectAltName`, as node writes it: host names in lower case, `*.` in front where the first label is any;
 * IP addresses as they stand in a Host. A name that node had to quote holds what no host name does, and is left out.
 */
export function namesOf(subjectAltName: string | undefined): readonly string[] {
  const names: string[] = []
  for (const entry of (subjectAltName ?? '').split(', ')) {
    if (entry.startsWith('DNS:') && !entry.includes('"')) names.push(plainName(entry.slice(4)) ?? '')
    else if (entry.startsWith('IP Address:')) names.push(hostOfIp(entry.slice(11)))
  }
  // RFC 9525 §6.3: a star stands for a whole first label, and only there.
  return [...new Set(names)].filter((name) => name !== '' && !name.slice(1).includes('*') && (!name.startsWith('*') || /^\*\.[^.]+\.?/.test(name)))
}

function hostOfIp(address: string): string {
  const host = address.includes(':') ? `[${address}]` : address
  return URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`).hostname : ''
}

/** In lower case and without a final dot; undefined: nothing that a certificate could name. Lower-casing only ASCII: U+212A would become a k. */
function plainName(name: string): string | undefined {
  if (name.length > nameCharactersMaximum || !visible.test(name)) return undefined
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

/** Whether a certificate with these names is one for `host`, which is in lower case. */
export function covers(names: readonly string[], host: string): boolean {
  const above = wildcardOf(host)
  return names.some((name) => name === host || name === above)
}

/** `*.example` for `a.example`; '' for what has no label to stand for. */
function wildcardOf(host: string): string {
  const dot = host.indexOf('.')
  return dot <= 0 ? '' : `*${host.slice(dot)}`
}

/** Finds the index of the certificate for a name that a client sent, whatever it sent; undefined: none is for it. */
export type Chooser = (name: string) => number | undefined

/** The name itself before a wildcard; of certificates with the same name the first. */
export function chooserOf(certificates: readonly { readonly names: readonly string[] }[]): Chooser {
  const indexes = new Map<string, number>()
  for (const [index, { names }] of certificates.entries()) for (const name of names) if (!indexes.has(name)) indexes.set(name, index)
  return (name) => {
    const plain = plainName(name)
    return plain === undefined ? undefined : (indexes.get(plain) ?? indexes.get(wildcardOf(plain)))
  }
}
