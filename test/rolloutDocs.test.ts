// docs/rollouts.md says what the schemas and the rules say.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { trafficRouting } from '../src/api/schema/trafficRouting.ts'
import { blueGreenRollout, canaryRollout, edited, told } from './core/rollout/validate/rollouts.ts'

const page = readFileSync(new URL('../docs/rollouts.md', import.meta.url), 'utf8')
const [, options = '', missing = ''] =
  /\nIts options, all optional:\n([\s\S]*?)\nUnder [\s\S]*\n## What is not there yet\n([\s\S]*)$/.exec(page) ?? []

t.test('every option of the edges is described', async (t) => {
  const described = [...options.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  t.strictSame(described, Object.keys(trafficRouting.properties?.['plugins']?.properties?.['spillway/edge']?.properties ?? {}))
})

t.test('what is said to be refused is refused', async (t) => {
  const lines = [
    ['', canaryRollout(), 'spec'],
    ['in `canary`: ', canaryRollout(), 'spec.strategy.canary'],
    ['in `blueGreen`: ', blueGreenRollout(), 'spec.strategy.blueGreen'],
  ] as const
  for (const [start, rollout, place] of lines) {
    const [, list = ''] = new RegExp(`^- ${start}(\`.*\`)$`, 'm').exec(missing) ?? []
    const names = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
    t.ok(names.length > 0, place)
    for (const name of names)
      t.ok(
        told(edited(rollout, { [`${place}.${name}`]: { labels: { a: 'b' }, revisions: 1 } })).includes(
          `${place}.${name}: is not supported yet; leave it out`,
        ),
        name,
      )
  }
})
