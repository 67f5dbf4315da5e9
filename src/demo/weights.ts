export type Weighted = { readonly name: string; readonly weight: number }

/** The weights with `by` moved onto the canary (negative: off it), as far as there is any, taken from or given to the first other version. */
export function nextWeights(versions: readonly Weighted[], canary: string, by: number): Readonly<Record<string, number>> {
  const weights: Record<string, number> = {}
  for (const { name, weight } of versions) weights[name] = weight
  const giver = versions.find(({ name }) => name !== canary)?.name
  const own = weights[canary]
  if (giver === undefined || own === undefined) return weights
  const given = weights[giver] ?? 0
  const moved = Math.max(-own, Math.min(given, by))
  return { ...weights, [giver]: given - moved, [canary]: own + moved }
}
