import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { openTerminal } from '../../src/demo/terminal.ts'

const enter = '\u001b[?1049h\u001b[?25l'
const leave = '\u001b[?25h\u001b[?1049l'

/** Two streams that behave as a terminal of 80x24, and what was written to it. */
function fakeTerminal(hasColors = true) {
  const modes: boolean[] = []
  const tty = { isTTY: true, columns: 80, rows: 24, hasColors: () => hasColors }
  const stdout = Object.assign(new PassThrough(), tty)
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => modes.push(mode) })
  let written = ''
  const seen = new EventEmitter()
  stdout.on('data', (part: Buffer) => {
    written += part.toString('utf8')
    seen.emit('more')
  })
  return {
    stdout: stdout as unknown as NodeJS.WriteStream,
    stdin: stdin as unknown as NodeJS.ReadStream,
    type: (keys: string): void => void stdin.write(keys),
    written: () => written,
    modes,
    shows: async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(written)) await once(seen, 'more', { signal: AbortSignal.timeout(15_000) })
    },
  }
}

t.test('the screen is entered once, drawn over, and given back once', async (t) => {
  const terminal = fakeTerminal()
  const opened = openTerminal(
    terminal.stdout,
    terminal.stdin,
    () => undefined,
    () => undefined,
  )
  opened.draw(['one', 'two'])
  opened.draw(['three'])
  opened.close()
  opened.close()
  opened.draw(['too late'])
  t.equal(terminal.written(), `${enter}\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[Hthree\u001b[K\u001b[J${leave}`)
  t.notMatch(terminal.written(), '\u001b[2J', 'a cleared screen would flicker')
  t.same(terminal.modes, [true, false], 'raw mode and back')
})

t.test('keys come one by one, sequences not at all', async (t) => {
  const keys: string[] = []
  const terminal = fakeTerminal()
  const opened = openTerminal(
    terminal.stdout,
    terminal.stdin,
    (key) => keys.push(key),
    () => undefined,
  )
  t.teardown(opened.close)
  for (const chunk of ['+', '++', '\u001b[A', 'q']) {
    terminal.type(chunk)
    await new Promise(setImmediate)
  }
  t.same(keys, ['+', '+', '+', 'q'])
})
