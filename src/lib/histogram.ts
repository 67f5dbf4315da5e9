/** So many observations between two values. */
export type Cell = { readonly low: number; readonly high: number; readonly count: number }

/** A histogram of positive values, in a fixed amount of memory whatever it is given. */
export type Histogram = {
  add(value: number): void
  count(): number
  /** The largest value given, exactly; 0 before the first. */
  max(): number
  /** The cells that hold something, ascending. Their middle is within 0.4 % of every value from `least` to `most`. */
  cells(): readonly Cell[]
}

/** Values are told apart from `least` to `most` (as milliseconds: from 1 µs to 4.7 hours); what is outside counts as the nearest. */
export const least = 0.001
export const most = least * 2 ** 34
const octaves = 34
/** Cells in each octave, all of the same width: an error of at most half of 1/128. */
const perOctave = 128

/** 35 kB. */
export function openHistogram(): Histogram {
  const counts = new Float64Array(octaves * perOctave)
  let count = 0
  let max = 0
  return {
    add(value) {
      const cell = cellOf(value)
      counts[cell] = counts[cell]! + 1
      count++
      if (value > max) max = value
    },
    count: () => count,
    max: () => max,
    cells() {
      const cells: Cell[] = []
      for (const [cell, count] of counts.entries()) if (count > 0) cells.push({ low: lowOf(cell), high: lowOf(cell + 1), count })
      return cells
    },
  }
}

function cellOf(value: number): number {
  const scaled = value / least
  if (!(scaled >= 1)) return 0
  const octave = Math.floor(Math.log2(scaled))
  if (octave >= octaves) return octaves * perOctave - 1
  // The logarithm of a power of two may be rounded to either side: what falls off the octave by it belongs to its nearest cell.
  const within = Math.floor((scaled / 2 ** octave - 1) * perOctave)
  return octave * perOctave + Math.min(Math.max(within, 0), perOctave - 1)
}

function lowOf(cell: number): number {
  const octave = Math.floor(cell / perOctave)
  return least * 2 ** octave * (1 + (cell % perOctave) / perOctave)
}
