import { Writable } from 'node:stream'
import { pino } from 'pino'

export type LogFunction = (message: string, fields?: Readonly<Record<string, string | number>>) => void
export type Log = { readonly info: LogFunction; readonly warn: LogFunction; readonly error: LogFunction }
type LogOptions = {
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly level: 'error' | 'warn' | 'info'
  /** JSON lines; else short lines for a person. */
  readonly json: boolean
}

/** One line per event; nothing is buffered, so that the last words of a dying process are there. */
export function openLog({ stream, level, json }: LogOptions): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label: string) => ({ level: label }) } }
  const target = json
    ? stream
    : new Writable({
        decodeStrings: false,
        write: (line: string, _encoding, done) => {
          stream.write(`${humanLine(line, stream.isTTY === true)}\n`)
          done()
        },
      })
  const logger = pino(options, target)
  return {
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
  }
}

const colours: Readonly<Record<string, number>> = { info: 36, warn: 33, error: 31 }

/** A log line of JSON as `12:03:04 warn  message key=value`. */
export function humanLine(json: string, colour: boolean): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>
  const paint = (text: string, code: number | undefined): string => (colour && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text)
  const parts = [paint(String(time).slice(11, 19), 2), paint(String(level).padEnd(5), colours[String(level)]), String(msg ?? '')]
  for (const [name, value] of Object.entries(fields)) parts.push(paint(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`, 2))
  return parts.join(' ')
}
