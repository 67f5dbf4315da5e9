import t from 'tap'
import type { RequestMatch, SplitRoute } from '../../../src/core/routing/types.ts'
import { reachOf } from '../../../src/edge/admin/reach.ts'
import { splitOf } from './stubEdge.ts'

const none: RequestMatch = { headers: [], cookies: [], query: [] }
const canary = (name: string, ...match: readonly RequestMatch[]): SplitRoute => ({ name, match, backend: 'canary' })
const named = (name: string, value: string) => ({ name, value: { kind: 'exact', value } as const })

const rows: readonly (readonly [says: string, routes: readonly SplitRoute[], reach: ReturnType<typeof reachOf>])[] = [
  ['no route', [], null],
  ['a header', [canary('qa', { ...none, headers: [named('X-Canary', 'true')] })], { route: 'qa', headers: [{ name: 'X-Canary', value: 'true' }] }],
  ['a route of another backend', [{ ...canary('qa'), backend: 'stable' }], null],
  ['a route for everything', [canary('all')], { route: 'all', headers: [] }],
  [
    'a header that is only to be there, and a prefix',
    [
      canary('qa', {
        ...none,
        headers: [
          { name: 'X-QA', value: { kind: 'present' } },
          { name: 'X-Group', value: { kind: 'prefix', value: 'b' } },
        ],
      }),
    ],
    {
      route: 'qa',
      headers: [
        { name: 'X-QA', value: '1' },
        { name: 'X-Group', value: 'b' },
      ],
    },
  ],
  [
    'two cookies are one field',
    [canary('qa', { ...none, cookies: [named('group', 'b'), named('qa', 'on')] })],
    { route: 'qa', headers: [{ name: 'Cookie', value: 'group=b; qa=on' }] },
  ],
  [
    'the first condition that fields can satisfy',
    [
      canary('hard', { ...none, headers: [{ name: 'X-A', value: { kind: 'regex', pattern: 'a+' } }] }),
      canary('query', { ...none, query: [named('qa', '1')] }),
      canary('path', { ...none, path: { kind: 'prefix', value: '/qa' } }, { ...none, method: 'POST' }),
      canary('last', { ...none, method: 'GET', headers: [named('X-B', 'b')] }),
    ],
    { route: 'last', headers: [{ name: 'X-B', value: 'b' }] },
  ],
]
for (const [says, routes, reach] of rows) t.same(reachOf(splitOf('shop', { stable: 95, canary: 5 }, { routes }), 'canary'), reach, says)
