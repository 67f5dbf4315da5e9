import t from 'tap'
import { ApiError } from '../../../../src/sandbox/apiserver/apiError.ts'
import { decideFault, newFaultState } from '../../../../src/sandbox/apiserver/faults/decideFault.ts'
import type { FaultCall, FaultMatch, FaultOccurrence, FaultRule } from '../../../../src/sandbox/apiserver/faults/fault.ts'
import { parseFault } from '../../../../src/sandbox/apiserver/faults/parseFault.ts'
import type { Json } from '../../../../src/sandbox/unstructured.ts'

const call: FaultCall = {
  verb: 'update',
  path: '/apis/apps/v1/namespaces/default/deployments/shop',
  resource: 'deployments.apps',
  namespace: 'default',
  name: 'shop',
  userAgent: 'spillway/1 (linux)',
}

function rule(match: FaultMatch, occurrence?: FaultOccurrence): FaultRule {
  return { id: 'a', match, occurrence, effect: { kind: 'drop', when: 'before' } }
}

/** Which of so many equal calls are hit, from 1. */
function hits(rules: readonly FaultRule[], count: number, seed = 1): readonly number[] {
  let state = newFaultState(seed)
  const found: number[] = []
  for (let at = 1; at <= count; at++) {
    const decision = decideFault(rules, call, state)
    state = decision.state
    if (decision.effects.length > 0) found.push(at)
  }
  return found
}

t.test('which calls a rule is for', (t) => {
  const cases: readonly (readonly [FaultMatch, boolean])[] = [
    [{}, true],
    [{ verbs: ['get', 'update'] }, true],
    [{ verbs: ['get'] }, false],
    [{ resource: 'deployments.apps' }, true],
    [{ resource: 'deployments.apps/status' }, false],
    [{ namespace: 'default', name: 'shop' }, true],
    [{ namespace: 'other' }, false],
    [{ name: 'shop2' }, false],
    [{ userAgent: 'spillway' }, true],
    [{ userAgent: 'kubectl' }, false],
    [{ path: '/apis/apps/' }, true],
    [{ path: '/api/v1' }, false],
  ]
  for (const [match, isHit] of cases) t.equal(hits([rule(match)], 1).length === 1, isHit, JSON.stringify(match))
  t.end()
})

t.test('how often it hits', (t) => {
  t.same(hits([rule({}, { kind: 'nth', nth: 3 })], 5), [3])
  t.same(hits([rule({}, { kind: 'first', count: 2 })], 5), [1, 2])
  t.same(hits([rule({}, { kind: 'probability', probability: 0 })], 50), [])
  t.equal(hits([rule({}, { kind: 'probability', probability: 1 })], 50).length, 50)
  const some = hits([rule({}, { kind: 'probability', probability: 0.3 })], 1_000)
  t.ok(some.length > 240 && some.length < 360, `${some.length} of 1000 at 0.3`)
  t.same(hits([rule({}, { kind: 'probability', probability: 0.3 })], 1_000), some, 'the same seed, the same faults')
  t.notSame(hits([rule({}, { kind: 'probability', probability: 0.3 })], 1_000, 2), some)
  t.end()
})

t.test('a mistaken rule is refused, and what is wrong with it is named', (t) => {
  const mistakes: readonly (readonly [Json, RegExp])[] = [
    [[], /a fault is an object/],
    [{ effect: { kind: 'explode' } }, /effect\.kind must be one of delay, refuse/],
    [{}, /effect\.kind/],
    [{ effect: { kind: 'delay' } }, /effect\.ms must be a number/],
    [{ effect: { kind: 'drop', when: 'later' } }, /before or after/],
    [{ effect: { kind: 'refuse', code: 200 } }, /from 400 to 599/],
    [{ match: { verb: 'get' }, effect: { kind: 'delay', ms: 1 } }, /match has no field verb/],
    [{ occurrence: { kind: 'nth' }, effect: { kind: 'delay', ms: 1 } }, /occurrence\.nth/],
    [{ effects: [], effect: { kind: 'delay', ms: 1 } }, /no field effects/],
  ]
  for (const [value, message] of mistakes) {
    try {
      parseFault('a', value)
      t.fail(JSON.stringify(value))
    } catch (error) {
      t.match(error instanceof ApiError && error.code === 400 ? error.message : String(error), message)
    }
  }
  t.end()
})
