/** How flags and variables are read, and how mistakes in them are told. */

export type Environment = Readonly<Record<string, string | undefined>>
/** Flags as they stand on the command line, by their camel-cased names; absent where not given. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>
export type Parsed<T> = { readonly kind: 'settings'; readonly settings: T } | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] }

export const logLevels = ['error', 'warn', 'info'] as const
export type LogLevel = (typeof logLevels)[number]

/** In milliseconds; a day at most. */
export function duration(text: string, leastMs: number): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,8}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? []
  const ms = Number(amount) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? Number.NaN)
  return ms >= leastMs && ms <= 86_400_000 ? ms : undefined
}

export function integer(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : undefined
}

export type Reader = {
  /** The flag's value, else the variable's, else `otherwise`; a mistake is noted, and the answer then is never used. */
  <T>(name: string, wanted: string, parse: (text: string) => T | undefined, otherwise?: string): T
  mistake(text: string): void
  finish<T extends object>(settings: T): Parsed<T>
}

export function reader(env: Environment, flags: Flags): Reader {
  const mistakes: string[] = []
  const read = <T>(name: string, wanted: string, parse: (text: string) => T | undefined, otherwise?: string): T => {
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    const variable = `SPILLWAY_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`
    const given = flags[name]
    const [text, from] = typeof given === 'string' ? [given, flag] : [env[variable] ?? otherwise, variable]
    const value = text === undefined ? undefined : parse(text)
    if (text === undefined) mistakes.push(`${flag} is missing; give ${wanted}, or set ${variable}`)
    else if (value === undefined) mistakes.push(`${from} is ${JSON.stringify(text)}; it must be ${wanted}`)
    // Sound because `finish` hands out no settings once there is a mistake.
    return value as T
  }
  return Object.assign(read, {
    mistake: (text: string): void => {
      mistakes.push(text)
    },
    finish: <T extends object>(settings: T): Parsed<T> =>
      mistakes.length > 0 ? { kind: 'mistakes', mistakes } : { kind: 'settings', settings: Object.freeze(settings) },
  })
}
