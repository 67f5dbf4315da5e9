/** What the process was told, by flags and environment, as one frozen value per verb, or as every mistake at once. */

export type Environment = Readonly<Record<string, string | undefined>>
/** Flags as they stand on the command line, by their camel-cased names; absent where not given. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>
export type Parsed<T> = { readonly kind: 'settings'; readonly settings: T } | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] }

export const logLevels = ['error', 'warn', 'info'] as const
export type LogLevel = (typeof logLevels)[number]

export type EdgeSettings = {
  readonly config: string
  readonly check: boolean
  readonly workers: number
  readonly json: boolean
  readonly logLevel: LogLevel
}

/** Port 0 is not asked for: the demo looks for a free one itself, and says so. */
export type DemoSettings = { readonly port: number; readonly adminPort: number; readonly plain: boolean }

/** More threads than this only take memory: each has its own pools and accumulators. */
const maxWorkers = 64

/** `cores`: what `--workers auto` means here. */
export function parseEdge(env: Environment, flags: Flags, cores: number): Parsed<EdgeSettings> {
  const read = reader(env, flags)
  const settings: EdgeSettings = {
    config: read('config', 'a file', (text) => (text === '' ? undefined : text)),
    check: flags['check'] === true,
    workers: read(
      'workers',
      `a number from 1 to ${maxWorkers}, or auto`,
      (text) => (text === 'auto' ? Math.min(cores, maxWorkers) : integer(text, 1, maxWorkers)),
      '1',
    ),
    json: flags['json'] === true,
    logLevel: read('logLevel', `one of ${logLevels.join(', ')}`, (text) => logLevels.find((level) => level === text), 'info'),
  }
  return read.finish(settings)
}

export function parseDemo(env: Environment, flags: Flags): Parsed<DemoSettings> {
  const read = reader(env, flags)
  const port = (text: string): number | undefined => integer(text, 1, 65_535)
  const settings: DemoSettings = {
    port: read('port', 'a port from 1 to 65535', port, '8080'),
    adminPort: read('adminPort', 'a port from 1 to 65535', port, '9901'),
    plain: flags['plain'] === true,
  }
  if (settings.port === settings.adminPort && settings.port !== undefined)
    read.mistake(`--port and --admin-port are both ${settings.port}; give them different ones`)
  return read.finish(settings)
}

function integer(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : undefined
}

type Reader = {
  /** The flag's value, else the variable's, else `otherwise`; a mistake is noted, and the answer then is never used. */
  <T>(name: string, wanted: string, parse: (text: string) => T | undefined, otherwise?: string): T
  mistake(text: string): void
  finish<T extends object>(settings: T): Parsed<T>
}

function reader(env: Environment, flags: Flags): Reader {
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
