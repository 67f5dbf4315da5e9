/** Bytes as they come, cut into lines; what has no end yet is kept, up to a length. */
export type Lines = {
  /** The lines that these bytes complete, without their ends. */
  add(bytes: Buffer): readonly string[]
  /** What has no end yet is longer than a line may be. */
  isTooLong(): boolean
}

export function openLines(longest: number): Lines {
  let kept: Buffer[] = []
  let length = 0

  function taken(end: Buffer): string {
    const line = kept.length === 0 ? end : Buffer.concat([...kept, end])
    kept = []
    length = 0
    return line.toString('utf8')
  }

  return {
    add(bytes) {
      const lines: string[] = []
      let from = 0
      for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
        lines.push(taken(bytes.subarray(from, end)))
        from = end + 1
      }
      if (from < bytes.length) {
        kept.push(bytes.subarray(from))
        length += bytes.length - from
      }
      return lines
    },
    isTooLong: () => length > longest,
  }
}
