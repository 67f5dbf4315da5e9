/** A binary heap: the first of many at hand, however many there are. */
export type Heap<T> = {
  push(value: T): void
  peek(): T | undefined
  pop(): T | undefined
  readonly size: number
}

export function openHeap<T>(isBefore: (a: T, b: T) => boolean): Heap<T> {
  const values: T[] = []

  function swap(a: number, b: number): void {
    const value = values[a]!
    values[a] = values[b]!
    values[b] = value
  }

  return {
    push(value) {
      let at = values.push(value) - 1
      for (let above = (at - 1) >> 1; at > 0 && isBefore(values[at]!, values[above]!); above = (at - 1) >> 1) {
        swap(at, above)
        at = above
      }
    },
    peek: () => values[0],
    pop() {
      const first = values[0]
      const last = values.pop()
      if (values.length === 0 || last === undefined) return first
      values[0] = last
      for (let at = 0; ; ) {
        const left = 2 * at + 1
        const right = left + 1
        let least = at
        if (left < values.length && isBefore(values[left]!, values[least]!)) least = left
        if (right < values.length && isBefore(values[right]!, values[least]!)) least = right
        if (least === at) return first
        swap(at, least)
        at = least
      }
    },
    get size() {
      return values.length
    },
  }
}
