/** What the listener that a connection came through means for its requests. */
export type Entry = {
  readonly scheme: 'http' | 'https'
  /** Every request is sent on to this port by https; 0: none is. */
  readonly redirectPort: number
  /** Whole header lines for every response, as Strict-Transport-Security; '' for none. */
  readonly extra: string
  /** Whether `host` belongs to another certificate of the listener than the one that this connection was asked for: 421. */
  misdirects(host: string): boolean
}

export const clearEntry: Entry = { scheme: 'http', redirectPort: 0, extra: '', misdirects: () => false }

export function redirectEntry(port: number): Entry {
  return { ...clearEntry, redirectPort: port }
}

const httpsPort = 443

/** `host` and `target` as the parser has passed them: neither holds what could end the line. */
export function redirection({ redirectPort }: Entry, host: string, target: string): string {
  return `https://${host}${redirectPort === httpsPort ? '' : `:${redirectPort}`}${target}`
}

/** To where https is by default. */
export function httpsRedirect(host: string, target: string): string {
  return `https://${host}${target}`
}
