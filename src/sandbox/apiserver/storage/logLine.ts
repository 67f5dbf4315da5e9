import { crc32 } from 'node:zlib'

/** A line of a data file: the checksum of what follows, eight hex digits, a space, JSON. */
export function writeLine(value: unknown): string {
  const json = JSON.stringify(value)
  return `${checksum(json)} ${json}\n`
}

/** The value of a line without its end; undefined if it is damaged. */
export function readLine(line: string): unknown {
  if (line[8] !== ' ') return undefined
  const json = line.slice(9)
  return checksum(json) === line.slice(0, 8) ? JSON.parse(json) : undefined
}

export type Lines = {
  readonly values: readonly unknown[]
  /** How much of the file is good; less than the whole where the last line is torn. */
  readonly goodBytes: number
}

/** The values of a file; throws if a line is damaged before the last one. */
export function readLines(content: Buffer, file: string): Lines {
  const values: unknown[] = []
  let start = 0
  while (start < content.length) {
    const end = content.indexOf(0x0a, start)
    const value = end < 0 ? undefined : readLine(content.toString('utf8', start, end))
    if (value === undefined) {
      // A process that died while it wrote leaves one line torn, and nothing after it.
      if (end >= 0 && end + 1 < content.length) throw new Error(`${file} is damaged at byte ${start}: a line does not match its checksum`)
      return { values, goodBytes: start }
    }
    values.push(value)
    start = end + 1
  }
  return { values, goodBytes: start }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}
