import t from 'tap'
import { barOf, renderAdvice, renderStatusLine, renderView, type Snapshot, sparkline } from '../../src/demo/view.ts'
import { noFigures, snapshot } from './snapshot.ts'

const plain = { columns: 80, rows: 24, hasColor: false }
const widthOf = (line: string): number => line.replace(/\u001b\[[0-9;]*m/g, '').length

t.test('at 80 columns figures stand beside the bars', async (t) => {
  t.equal(
    `\n${renderView(snapshot, plain).join('\n')}`,
    `
 Spillway  http://127.0.0.1:8080                    0:40  8,012 sent  60 failed

 actual: since the weights were set            req/s  success      p50      p99
 v1 configured  80.0 % ████████████████
    actual      80.0 % ████████████████        160.0  100.0 %   4.2 ms   8.1 ms

 v2 configured  20.0 % ████
    actual      20.0 % ████                     40.0   85.0 %   3.1 ms    1.2 s

 v2 share   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▂▂▂
 v2 success ███████████████████████████████████▆▆▆▆▆

 Try next                               keys  + - weight   f fail/heal   q quit
 reach v2 by a header, whatever the weight
   curl -H 'X-Canary: true' http://127.0.0.1:8080/api
 give v2 40 %, unless somebody else was faster (If-Match)
   curl -X PATCH -H 'If-Match: "02c0fa619d26-2"' \\
     --json '{"weights":{"v1":60,"v2":40}}' \\
     http://127.0.0.1:9901/v1/splits/shop
 or edit the weights in this file
   /tmp/spillway-demo-AbCdEf/edge.yaml
 heal v2
   curl -d '{"errorRate":0}' http://127.0.0.1:9002/control`,
  )
})

t.test('at 60 columns figures stand below the bars', async (t) => {
  t.equal(
    `\n${renderView(snapshot, { ...plain, columns: 60 })
      .slice(0, 13)
      .join('\n')}`,
    `
 Spillway  http://127.0.0.1:8080                  60 failed

 v1 configured  80.0 % ████████████████████████████▊
    actual      80.0 % ████████████████████████████▊
       160.0  100.0 %   4.2 ms   8.1 ms

 v2 configured  20.0 % ███████▎
    actual      20.0 % ███████▎
        40.0   85.0 %   3.1 ms    1.2 s

 v2 share   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▂▂▂▂▂
 v2 success ███████████████████████████████████▆▆▆▆▆
`,
  )
})

t.test('every size keeps its lines within the screen and its last column free', async (t) => {
  const notice = { kind: 'problem', text: 'a long story about a file that could not be read '.repeat(10) } as const
  for (const shown of [snapshot, { ...snapshot, notice }, { ...snapshot, versions: [] }, { ...snapshot, totalWeight: 0 }] satisfies Snapshot[])
    for (const columns of [20, 40, 60, 71, 72, 80, 200])
      for (const rows of [1, 5, 12, 24, 60])
        for (const hasColor of [true, false]) {
          const lines = renderView(shown, { columns, rows, hasColor })
          const widest = Math.max(...lines.map(widthOf))
          if (lines.length > rows || widest >= columns) t.fail(`${lines.length} lines of ${widest} on ${columns}x${rows}`)
        }
})

t.test('without colour there is no escape code, with colour nothing else differs', async (t) => {
  const without = renderView(snapshot, plain)
  const colored = renderView(snapshot, { ...plain, hasColor: true })
  t.notMatch(without.join(''), /\u001b/)
  t.match(colored.join(''), /\u001b\[31m/, 'a success rate of 85 % is red')
  t.same(
    colored.map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').trimEnd()),
    without,
  )
})

t.test('advice follows the state', async (t) => {
  const text = (changed: Partial<Snapshot>): string => renderAdvice({ ...snapshot, ...changed }).join('\n')
  t.match(text({ isCanaryFailing: false }), `make v2 fail 3 times in 10\n   curl -d '{"errorRate":0.3}' http://127.0.0.1:9002/control`)
  t.match(text({}), `curl -X PATCH -H 'If-Match: "02c0fa619d26-2"' --json '{"weights":{"v1":60,"v2":40}}' http://127.0.0.1:9901/v1/splits/shop`)
  const [v1, v2] = snapshot.versions
  const promoted = [
    { ...v1!, weight: 0 },
    { ...v2!, weight: 100 },
  ]
  t.match(text({ versions: promoted }), '{"weights":{"v1":100,"v2":0}}', 'from 100 % the way is back')
})

t.test('a status line holds both versions', async (t) => {
  t.equal(
    renderStatusLine(snapshot),
    '40 s | v1 80.0 % (configured 80.0 %) 160.0/s ok 100.0 % p50 4.2 ms p99 8.1 ms | v2 20.0 % (configured 20.0 %) 40.0/s ok 85.0 % p50 3.1 ms p99 1.2 s | sent 8012 failed 60',
  )
})

t.test('what nobody has measured is a dash, not a zero', async (t) => {
  const versions = snapshot.versions.map((version) => ({ ...version, actualShare: undefined, figures: noFigures }))
  t.match(renderStatusLine({ ...snapshot, versions }), 'v1 – (configured 80.0 %) 0.0/s ok – p50 – p99 –')
})

t.test('answers that came from no version are told', async (t) => {
  const lines = renderView({ ...snapshot, unanswered: { ...noFigures, requests: 12 } }, plain)
  t.match(lines.join('\n'), '12 answers in the last 10 s came from no version')
})

t.test('a bar is exact to an eighth of a column', async (t) => {
  for (const { share, bar } of [
    { share: 0, bar: '    ' },
    { share: 0.0001, bar: '▏   ' },
    { share: 0.5, bar: '██  ' },
    { share: 0.53125, bar: '██▏ ' },
    { share: 1, bar: '████' },
    { share: 1.7, bar: '████' },
  ])
    t.equal(barOf(share, 4), bar, `${share}`)
})

t.test('a sparkline tells nothing measured, none, some and all apart', async (t) => {
  t.equal(sparkline([undefined, 0, 0.01, 0.5, 0.99, 1]), ' ·▁▅██')
})
