/** Draws of one input. All of them follow from the campaign's seed and the input's number, so that any input can be made again alone. */
export type Random = {
  /** 0 to `below` - 1. */
  int(below: number): number
  /** True once in `times`. */
  oneIn(times: number): boolean
  pick<T>(choices: readonly T[]): T
}

/** mulberry32, started from both numbers. */
export function randomFor(seed: number, input: number): Random {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(input + 1, 0xc2b2ae35)) | 0
  function int(below: number): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
  return { int, oneIn: (times) => int(times) === 0, pick: (choices) => choices[int(choices.length)]! }
}
