type Fields = Readonly<Record<string, string | number>>
export type Notice = (level: 'info' | 'warn', message: string, fields: Fields) => void

const windowMs = 10_000
const linesPerWindow = 20

/** Passes on so many lines in a time, and tells with the next how many it kept back: a network that fails must not fill the disk. */
export function limitNotices(say: Notice, now: () => number): Notice {
  let windowEndsMs = 0
  let left = 0
  let keptBack = 0
  return (level, message, fields) => {
    const nowMs = now()
    if (nowMs >= windowEndsMs) {
      windowEndsMs = nowMs + windowMs
      left = linesPerWindow
    }
    if (left === 0) {
      keptBack++
      return
    }
    left--
    say(level, message, keptBack === 0 ? fields : { ...fields, keptBack })
    keptBack = 0
  }
}
