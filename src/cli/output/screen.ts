import type { Output } from '../session.ts'
import { type Line, type Look, renderLine } from '../views/text.ts'

/** Where something that changes is shown again and again. */
export type Screen = {
  /** `isDue`: something happened, not only time that passed. */
  draw(lines: readonly Line[], isDue: boolean): void
  close(): void
}

const home = '\u001b[H'
const clearAll = '\u001b[H\u001b[2J'
const clearRestOfLine = '\u001b[K'
const clearBelow = '\u001b[J'
const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'

/** On a terminal over what is there; elsewhere one after another, each time that something has happened. */
export function openScreen(stdout: Output, look: () => Look): Screen {
  return stdout.isTTY === true ? terminalScreen(stdout, look) : plainScreen(stdout, look)
}

function terminalScreen(stdout: Output, look: () => Look): Screen {
  let isFirst = true
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', close)
    stdout.write(showCursor)
  }
  // An exit that nobody planned must not leave the shell without a cursor.
  process.on('exit', close)
  return {
    draw(lines) {
      if (!isOpen) return
      const rows = Math.max(2, stdout.rows ?? 24)
      const hidden = lines.length - (rows - 1)
      const shown: readonly Line[] = hidden > 0 ? [...lines.slice(0, rows - 2), [`… ${hidden + 1} more lines`]] : lines
      const text = shown.map((line) => `${renderLine(line, look())}${clearRestOfLine}\n`).join('')
      // One write, over what is there: a screen cleared first would flicker.
      stdout.write(`${isFirst ? clearAll + hideCursor : home}${text}${clearBelow}`)
      isFirst = false
    },
    close,
  }
}

function plainScreen(stdout: Output, look: () => Look): Screen {
  let before = ''
  return {
    draw(lines, isDue) {
      if (!isDue) return
      const text = lines.map((line) => `${renderLine(line, look())}\n`).join('')
      if (text === before) return
      stdout.write(`${before === '' ? '' : '\n'}${text}`)
      before = text
    },
    close: () => undefined,
  }
}
