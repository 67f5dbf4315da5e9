import { Writable } from 'node:stream'
import t from 'tap'
import { humanLine, openLog } from '../../src/lib/log.ts'

function capture(isTTY: boolean): { stream: Writable & { isTTY: boolean }; text: () => string } {
  let text = ''
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString()
      done()
    },
  })
  return { stream: Object.assign(stream, { isTTY }), text: () => text }
}

t.test('JSON lines for a collector', (t) => {
  const { stream, text } = capture(false)
  const log = openLog({ stream, level: 'info', json: true })
  log.info('ready', { workers: 2 })
  log.error('broken\nline')
  const lines = text().trimEnd().split('\n')
  t.equal(lines.length, 2, 'one line each, whatever the message holds')
  t.match(JSON.parse(lines[0] ?? ''), { level: 'info', time: /^\d{4}-\d\d-\d\dT.*Z$/, workers: 2, msg: 'ready' })
  t.end()
})

t.test('short lines for a person', (t) => {
  const { stream, text } = capture(true)
  const log = openLog({ stream, level: 'warn', json: false })
  log.info('not said at this level')
  log.warn('refused', { line: 3 })
  t.match(text(), /^\u001b\[2m\d\d:\d\d:\d\d\u001b\[0m \u001b\[33mwarn \u001b\[0m refused \u001b\[2mline=3\u001b\[0m\n$/)
  t.equal(
    humanLine('{"time":"2026-01-02T03:04:05.678Z","level":"info","msg":"ready","port":80,"host":"::1"}', false),
    '03:04:05 info  ready port=80 host=::1',
  )
  t.end()
})
