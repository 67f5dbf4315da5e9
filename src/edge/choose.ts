/**
 * Of two different endpoints drawn at random, the one with fewer requests in flight; the first drawn when equal. Looking at two spreads load
 * nearly as well as looking at all, costs the same for any number, and does not send every worker to the same momentary best.
 * `endpoints` is not empty; `random` is uniform in [0, 1).
 */
export function leastRequestOfTwo<E extends { inFlight: number }>(endpoints: readonly E[], random: () => number): E {
  const count = endpoints.length
  if (count === 1) return endpoints[0]!
  const first = Math.floor(random() * count)
  const second = Math.floor(random() * (count - 1))
  const one = endpoints[first]!
  const other = endpoints[second < first ? second : second + 1]!
  return other.inFlight < one.inFlight ? other : one
}

/**
 * The same, where some are new: such a one is taken with a probability that grows from 0 to 1 in `slowStartMs` since it joined, else the other of
 * the two that were drawn.
 */
export function leastRequestOfTwoWarming<E extends { inFlight: number; joinedMs: number }>(
  endpoints: readonly E[],
  warmth: { readonly nowMs: number; readonly slowStartMs: number },
  random: () => number,
): E {
  if (endpoints.length === 1) return endpoints[0]!
  const first = Math.floor(random() * endpoints.length)
  const second = Math.floor(random() * (endpoints.length - 1))
  const one = endpoints[first]!
  const other = endpoints[second < first ? second : second + 1]!
  const [chosen, left] = other.inFlight < one.inFlight ? [other, one] : [one, other]
  const ageMs = warmth.nowMs - chosen.joinedMs
  return ageMs >= warmth.slowStartMs || random() * warmth.slowStartMs < ageMs ? chosen : left
}
