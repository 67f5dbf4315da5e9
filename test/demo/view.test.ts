import t from 'tap'
import type { Shown } from '../../src/demo/shown.ts'
import { barOf, sparkline } from '../../src/demo/text.ts'
import { renderStatusLine, renderView } from '../../src/demo/view.ts'

const figures = { requests: 800, share: 0.8, requestsPerSecond: 80, successRate: 1, p50Ms: 4.2, p99Ms: 8.1 }
const none = { requests: 0, share: undefined, requestsPerSecond: 0, successRate: undefined, p50Ms: undefined, p99Ms: undefined }
const past = (share: number) => Array.from({ length: 12 }, () => ({ share, successRate: 1 }))
const shown: Shown = {
  url: 'http://127.64.0.2',
  elapsedSeconds: 40,
  sent: 4_012,
  failed: 6,
  phase: 'Paused',
  message: 'CanaryPauseStep',
  steps: [
    { text: '5 %', state: 'done' },
    { text: 'pause', state: 'done' },
    { text: '20 %', state: 'done' },
    { text: '10 s', state: 'now' },
    { text: '40 %', state: 'next' },
  ],
  secondsLeft: 7,
  edges: { all: 2, acknowledged: 2 },
  versions: [
    { name: 'v1', role: 'stable', wantedShare: 0.8, figures, history: past(0.8), pods: ['ready', 'ready', 'ready', 'ready', 'ending'] },
    {
      name: 'v2',
      role: 'canary',
      wantedShare: 0.2,
      figures: { ...figures, share: 0.2, requestsPerSecond: 20, successRate: 0.85, p99Ms: 1_200 },
      history: past(0.2),
      pods: ['ready', 'starting', 'failing'],
    },
  ],
  unanswered: none,
  notice: { kind: 'info', text: "rollout 'shop' promoted" },
}
const advice = ['export KUBECONFIG=/tmp/kubeconfig', 'spillway get rollout shop --watch']
const screen = { columns: 80, rows: 30, hasColor: false }
const widthOf = (line: string): number => line.replace(/\u001b\[[0-9;]*m/g, '').length

t.test('a release in 80 columns', (t) => {
  t.equal(
    `\n${renderView(shown, advice, screen).join('\n')}\n`,
    `
 Spillway  http://127.64.0.2                         0:40  4,012 sent  6 failed
 shop Paused  CanaryPauseStep

 ✔ 5 % ✔ pause ✔ 20 % ▶ 10 s (7 s) · 40 %
 weights acknowledged by 2 of 2 edges

                                               req/s  success      p50      p99
 v1  stable wanted  80.0 % ████████████▊
            actual  80.0 % ████████████▊        80.0  100.0 %   4.2 ms   8.1 ms
      ●●●●◌                ▇▇▇▇▇▇▇▇▇▇▇▇

 v2  canary wanted  20.0 % ███▎
            actual  20.0 % ███▎                 20.0   85.0 %   4.2 ms    1.2 s
      ●○✖                  ▂▂▂▂▂▂▂▂▂▂▂▂

 rollout 'shop' promoted

 p promote  f full  a abort  r retry  u undo  space pause  n v2  b v3  q quit
 or in another terminal
   export KUBECONFIG=/tmp/kubeconfig
   spillway get rollout shop --watch
`,
  )
  t.end()
})

t.test('every size keeps its lines within the screen', (t) => {
  for (let columns = 40; columns <= 160; columns += 7)
    for (const rows of [5, 12, 24, 50]) {
      const lines = renderView(shown, advice, { columns, rows, hasColor: true })
      t.ok(lines.length <= rows, `${columns}x${rows}: ${lines.length} lines`)
      t.ok(Math.max(...lines.map(widthOf)) <= columns, `${columns}x${rows}: ${Math.max(...lines.map(widthOf))} columns`)
    }
  t.end()
})

t.test('what a cluster says cannot steer the terminal', (t) => {
  const lines = renderView({ ...shown, message: 'x\u001b[2Jy' }, advice, screen)
  t.notMatch(lines.join(''), '\u001b')
  t.end()
})

t.test('a line for a log', (t) => {
  t.equal(
    renderStatusLine(shown),
    '40 s | Paused: CanaryPauseStep | v1 stable 80.0 % (wanted 80.0 %) pods 4/5 80.0/s ok 100.0 % p99 8.1 ms | v2 canary 20.0 % (wanted 20.0 %) pods 1/3 20.0/s ok 85.0 % p99 1.2 s | edges 2/2 | sent 4012 failed 6',
  )
  t.end()
})

t.test('bars are exact to an eighth of a column, and never hide a share', (t) => {
  t.same(
    [0, 0.001, 0.5, 0.53, 1].map((share) => barOf(share, 4)),
    ['    ', '▏   ', '██  ', '██▏ ', '████'],
  )
  t.equal(sparkline([undefined, 0, 0.1, 0.5, 1]), ' ·▁▅█')
  t.end()
})
