declare global {
  interface Buffer {
    /** What `toString` and `write` call for latin1 once they have looked the encoding up; there since Node 0.x, untyped. */
    latin1Slice(start?: number, end?: number): string
    latin1Write(text: string, offset?: number): number
  }
}

/** The bytes as a string of the same length, each character one byte. */
export function latin1(bytes: Buffer, start: number, end: number): string {
  return bytes.latin1Slice(start, end)
}
