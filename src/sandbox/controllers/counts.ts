/** Without what is 0: the wire leaves such counts out. */
export function nonZero<K extends string>(counts: Readonly<Record<K, number>>): { readonly [key in K]?: number } {
  const kept: { [key in K]?: number } = {}
  for (const key in counts) if (counts[key] !== 0) kept[key] = counts[key]
  return kept
}
