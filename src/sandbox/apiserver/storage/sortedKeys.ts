/** Keys of one resource in the order of the real store, which is that of their bytes. */
export type SortedKeys = {
  add(key: string): void
  remove(key: string): void
  /** Those that begin with a prefix; '' is all. */
  range(prefix: string): readonly string[]
}

export function sortedKeys(): SortedKeys {
  const keys: string[] = []
  const place = (key: string): number => {
    let [low, high] = [0, keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    add(key) {
      const at = place(key)
      if (keys[at] !== key) keys.splice(at, 0, key)
    },
    remove(key) {
      const at = place(key)
      if (keys[at] === key) keys.splice(at, 1)
    },
    range(prefix) {
      if (prefix === '') return keys
      const last = prefix.charCodeAt(prefix.length - 1)
      return keys.slice(place(prefix), place(prefix.slice(0, -1) + String.fromCharCode(last + 1)))
    },
  }
}
