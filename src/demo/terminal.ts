/** A terminal as the live view needs it: a screen of its own, keys one by one, and everything put back afterwards. */

export type Terminal = {
  draw(lines: readonly string[]): void
  size(): { readonly columns: number; readonly rows: number }
  /** Gives the user's screen and cursor back; harmless when called again. */
  close(): void
}

const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const clearRestOfLine = '\u001b[K'
const clearBelow = '\u001b[J'

export function openTerminal(stdout: NodeJS.WriteStream, stdin: NodeJS.ReadStream, onKey: (key: string) => void, onResize: () => void): Terminal {
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    stdout.off('resize', onResize)
    process.off('exit', close)
    if (stdin.isTTY) {
      stdin.off('data', read)
      stdin.setRawMode(false)
      stdin.pause()
    }
    stdout.write(leave)
  }
  // A pasted or repeated key comes as one chunk; an arrow key as a sequence that means nothing here.
  const read = (chunk: Buffer): void => {
    const text = chunk.toString('utf8')
    if (!text.startsWith('\u001b')) for (const key of text) onKey(key)
  }
  stdout.write(enter)
  stdout.on('resize', onResize)
  // An exit that nobody planned must not leave the shell in the alternate screen.
  process.on('exit', close)
  if (stdin.isTTY) {
    stdin.setRawMode(true)
    stdin.on('data', read)
    stdin.resume()
  }
  return {
    draw: (lines) => {
      // One write, over what is there: a screen cleared first would flicker.
      if (isOpen) stdout.write(`${home}${lines.map((line) => line + clearRestOfLine).join('\r\n')}${clearBelow}`)
    },
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    close,
  }
}
