import t from 'tap'
import { edgeOptionsOf, readEdgeOptions } from '../../../src/core/rollout/edgeOptions.ts'
import { mistakeText, openFindings } from '../../../src/core/spec/findings.ts'

const defaults = { services: [], stickiness: undefined, fallback: undefined, drainSeconds: 30 }

t.test('what the edges are asked for', async (t) => {
  const rows: readonly (readonly [unknown, object])[] = [
    [undefined, {}],
    [{}, {}],
    [
      { services: ['shop'], fallback: 'none', drainSeconds: 0 },
      { services: ['shop'], fallback: 'none', drainSeconds: 0 },
    ],
    [{ stickiness: { kind: 'none' } }, { stickiness: { kind: 'none' } }],
    [{ stickiness: { kind: 'clientAddress' } }, { stickiness: { kind: 'clientAddress' } }],
    [{ stickiness: { kind: 'header', name: 'X-User' } }, { stickiness: { kind: 'header', name: 'X-User' } }],
    [{ stickiness: { kind: 'cookie' } }, { stickiness: { kind: 'cookie' } }],
    [
      { stickiness: { kind: 'cookie', name: 'shop', ttl: '1h30m', newSessionsOnly: true } },
      { stickiness: { kind: 'cookie', name: 'shop', ttl: '5400s', newSessionsOnly: true } },
    ],
    [{ stickiness: { kind: 'cookie', ttl: '1500ms' } }, { stickiness: { kind: 'cookie', ttl: '2s' } }],
  ]
  for (const [stanza, options] of rows) {
    const findings = openFindings()
    t.strictSame(readEdgeOptions({ path: [], value: stanza }, findings), { ...defaults, ...options }, JSON.stringify(stanza))
    t.strictSame(findings.mistakes, [])
  }
  t.strictSame(edgeOptionsOf({ 'spillway/edge': { drainSeconds: 5 } }).drainSeconds, 5)
  for (const plugins of [undefined, null, [], 'x', { 'spillway/edge': null }, { 'spillway/edge': 7 }]) t.strictSame(edgeOptionsOf(plugins), defaults)
})

t.test('what cannot be, is told and left out', async (t) => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [[], /^o: a list is no map/],
    [{ guard: {} }, /^o\.guard: is not supported yet; leave it out$/],
    [{ mirror: true }, /^o\.mirror: is not supported yet/],
    [{ sticky: true }, /^o\.sticky: is unknown/],
    [{ stickyness: {} }, /^o\.stickyness: is unknown; did you mean stickiness\?$/],
    [{ fallback: 'canary' }, /^o\.fallback: "canary" is unknown; write stable or none$/],
    [{ drainSeconds: -1 }, /^o\.drainSeconds: -1 is below the minimum 0/],
    [{ drainSeconds: '30s' }, /^o\.drainSeconds: "30s" is no integer/],
    [{ services: 'shop' }, /^o\.services: "shop" is no list/],
    [{ services: ['shop', 'shop'] }, /^o\.services\[1\]: "shop" is the name of another one, too/],
    [{ services: [''] }, /^o\.services\[0\]: is missing/],
    [{ stickiness: 'cookie' }, /^o\.stickiness: "cookie" is no map/],
    [{ stickiness: {} }, /^o\.stickiness\.kind: is missing/],
    [{ stickiness: { kind: 'ip' } }, /^o\.stickiness\.kind: "ip" is unknown/],
    [{ stickiness: { kind: 'header' } }, /^o\.stickiness\.name: is missing/],
    [{ stickiness: { kind: 'header', name: 'a b' } }, /^o\.stickiness\.name: "a b" is not a header name/],
    [{ stickiness: { kind: 'none', name: 'x' } }, /^o\.stickiness\.name: is unknown/],
    [{ stickiness: { kind: 'cookie', ttl: 'soon' } }, /^o\.stickiness\.ttl: "soon" does not begin with a number; write a duration/],
    [{ stickiness: { kind: 'cookie', ttl: '0s' } }, /^o\.stickiness\.ttl: "0s" is too short/],
    [{ stickiness: { kind: 'cookie', name: 'a;b' } }, /^o\.stickiness\.name: "a;b" is not a cookie name/],
  ]
  for (const [stanza, told] of rows) {
    const findings = openFindings()
    readEdgeOptions({ path: ['o'], value: stanza }, findings)
    t.match(findings.mistakes.map(mistakeText), [told], JSON.stringify(stanza))
    t.equal(findings.mistakes.length, 1)
  }
})
