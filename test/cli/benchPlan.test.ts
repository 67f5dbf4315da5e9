import t from 'tap'
import { type GivenHeader, type KnownSplit, type Planned, planArms } from '../../src/cli/benchPlan.ts'

const qa = { route: 'qa', headers: [{ name: 'X-Canary', value: 'true' }] }
const backend = (name: string, share: number, reachedBy?: typeof qa): KnownSplit['backends'][number] => ({ name, share, reachedBy })
const header = (name: string, value: string, version?: string): GivenHeader => ({ version, name, value })
const canary = { version: 'canary', headers: { 'X-Canary': 'true' }, via: 'route qa' }

/** What is sent, and how answers are attributed; or the mistake. */
function summary(planned: Planned): object {
  if (planned.kind === 'mistake') return { mistake: planned.message }
  const { arms, attribution, versions } = planned.plan
  return { arms, by: attribution.kind, versions: versions.map(({ name }) => name) }
}

t.test('how each version is reached', (t) => {
  const rows: readonly (readonly [says: string, args: Parameters<typeof planArms>, plan: object])[] = [
    [
      'a version with all the weight needs nothing',
      [{ backends: [backend('stable', 1), backend('canary', 0, qa)] }, [], undefined],
      { arms: [{ version: 'stable', headers: {}, via: 'weight' }, canary], by: 'arm', versions: ['stable', 'canary'] },
    ],
    [
      'a version that shares the weight with others is told by the counters',
      [{ backends: [backend('stable', 0.95), backend('canary', 0.05, qa)] }, [], undefined],
      { arms: [canary, { version: undefined, headers: {}, via: 'weight' }], by: 'counters', versions: ['stable', 'canary'] },
    ],
    [
      'or by a header of the answer',
      [{ backends: [backend('stable', 0.95), backend('canary', 0.05, qa)] }, [], 'X-Version'],
      { arms: [canary, { version: undefined, headers: {}, via: 'weight' }], by: 'header', versions: [] },
    ],
    [
      'a given header wins over a route; one for all goes to all',
      [{ backends: [backend('stable', 1), backend('canary', 0, qa)] }, [header('Host', 'shop'), header('X-V', '2', 'canary')], undefined],
      {
        arms: [
          { version: 'stable', headers: { Host: 'shop' }, via: 'weight' },
          { version: 'canary', headers: { Host: 'shop', 'X-V': '2' }, via: 'given header' },
        ],
        by: 'arm',
        versions: ['stable', 'canary'],
      },
    ],
    [
      'a version that nothing reaches is left out',
      [{ backends: [backend('stable', 1), backend('canary', 0)] }, [], undefined],
      { arms: [{ version: 'stable', headers: {}, via: 'weight' }], by: 'arm', versions: ['stable'] },
    ],
    [
      'a version may be said to need no header',
      [undefined, [{ version: 'a', name: undefined, value: '' }, header('X-V', '2', 'b')], undefined],
      {
        arms: [
          { version: 'a', headers: {}, via: 'given header' },
          { version: 'b', headers: { 'X-V': '2' }, via: 'given header' },
        ],
        by: 'arm',
        versions: ['a', 'b'],
      },
    ],
    [
      'cookies are joined, other fields replaced without regard to case',
      [
        { backends: [backend('v', 1, { route: 'c', headers: [{ name: 'Cookie', value: 'qa=1' }] })] },
        [header('cookie', 'a=b'), header('X-A', '1'), header('x-a', '2')],
        undefined,
      ],
      { arms: [{ version: 'v', headers: { cookie: 'a=b; qa=1', 'X-A': '2' }, via: 'route c' }], by: 'arm', versions: ['v'] },
    ],
    [
      'an unknown version',
      [{ backends: [backend('stable', 1)] }, [header('X-V', '2', 'stabel')], undefined],
      { mistake: '--header names the version "stabel"; the split has stable' },
    ],
  ]
  for (const [says, args, plan] of rows) t.same(summary(planArms(...args)), plan, says)
  t.match(planArms(undefined, [], undefined), { kind: 'mistake', message: /without the admin API/ })
  t.match(planArms({ backends: [backend('stable', 1), backend('canary', 0)] }, [], undefined), {
    plan: { notes: [/^canary is left out: its weight is 0/] },
  })
  t.end()
})
