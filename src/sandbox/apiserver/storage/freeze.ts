/** Freezes a value to its depths and returns it. Parts that are frozen already are taken to be so throughout: the store shares them between versions. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) freezeDeep(part)
  return Object.freeze(value)
}
