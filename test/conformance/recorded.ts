import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Recorded } from './normalise.ts'

/** A real server's answers to one topic. */
export type Recording = { readonly kubernetes: string; readonly records: readonly Recorded[] }

const folder = new URL('recorded/', import.meta.url)

export function readRecording(topic: string): Recording {
  return JSON.parse(readFileSync(new URL(`${topic}.json`, folder), 'utf8')) as Recording
}

/** A record a line, so that a change of one answer is a change of one line. */
export function writeRecording(topic: string, { kubernetes, records }: Recording): void {
  mkdirSync(folder, { recursive: true })
  const lines = records.map((record) => JSON.stringify(record)).join(',\n')
  writeFileSync(new URL(`${topic}.json`, folder), `{"kubernetes":${JSON.stringify(kubernetes)},"records":[\n${lines}\n]}\n`)
}
