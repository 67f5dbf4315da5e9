import t from 'tap'
import { defaultTimeouts, type EdgeConfig, policyOf } from '../../../src/edge/config.ts'
import { sweepEveryMs } from '../../../src/edge/sweepPace.ts'

const usual = policyOf({ timeouts: defaultTimeouts, limits: {} } as EdgeConfig)

t.test('deadlines are looked for at a tenth of the shortest, of any split', async (t) => {
  t.equal(sweepEveryMs(defaultTimeouts, [usual]), 100, 'the queue of a second')
  t.equal(sweepEveryMs(defaultTimeouts, [{ ...usual, queueMs: 0 }]), 250, '0 is no deadline; no more seldom than this')
  for (const name of ['connectMs', 'responseHeadMs', 'bodyIdleMs', 'upstreamIdleMs', 'tunnelIdleMs', 'totalMs', 'queueMs'] as const) {
    t.equal(sweepEveryMs(defaultTimeouts, [usual, { ...usual, [name]: 400 }]), 40, name)
    t.equal(sweepEveryMs(defaultTimeouts, [{ ...usual, [name]: 1 }, usual]), 20, `${name}: no more often than this`)
  }
  t.equal(sweepEveryMs({ ...defaultTimeouts, requestHeadMs: 500 }, [usual]), 50)
  t.equal(sweepEveryMs({ ...defaultTimeouts, keepAliveMs: 300 }, [usual]), 30)
})
