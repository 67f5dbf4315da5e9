import type { Running } from '../contenders/contender.ts'
import { tlsCipher } from '../measure/certificate.ts'
import type { Load } from '../measure/wrk.ts'
import { largeReplyBytes, largeReplyPath } from '../origin.ts'
import { measureLoad, usualLoad } from './loads.ts'
import { type Scenario, type ScenarioName, usualInstance } from './scenario.ts'

function tlsScenario(name: ScenarioName, what: string, load: Load): Scenario {
  return {
    name,
    what: `${what}; TLS 1.3 with ${tlsCipher}, a key on P-256`,
    only: ['spillway', 'nginx', 'haproxy'],
    instances: [{ ...usualInstance, hasTls: true }],
    startsAnew: false,
    cost: { loadRuns: 1, otherSeconds: 0.2 },
    measure([running], tools) {
      const { pid, tlsPort } = running as Running
      if (tlsPort === undefined) throw new Error('it does not listen with TLS')
      return measureLoad({ pid, port: tlsPort, scheme: 'https' }, load, tools)
    },
  }
}

/** The handshakes are whole ones: no session is resumed. */
export const tlsScenarios: readonly Scenario[] = [
  tlsScenario('tls-handshake', 'a whole handshake for each GET, 64 at a time', { ...usualLoad, closesConnections: true }),
  tlsScenario('tls-bulk', 'replies of 64 KiB on 64 kept TLS connections', {
    ...usualLoad,
    targets: [{ host: 'shop.example', path: largeReplyPath }],
    replyBytes: largeReplyBytes,
  }),
]
