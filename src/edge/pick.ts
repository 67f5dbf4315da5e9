import { aheadPicker } from './pick/ahead.ts'
import { drawCycle } from './pick/cycle.ts'

/**
 * Which backend the next request goes to, by weight and exactly: no draw per request, so no noise.
 * - Two backends with weight: any n consecutive picks are within 1 of their shares, across changes of weights too.
 * - More: every prefix is within 1 for every backend, and so any window within 2. Across changes of weights no bound is proven (nor does one
 *   exist for arbitrary ones, as each may make every debt due at once); the tests see at most 2 for up to eight backends.
 * - No start-up bias: over uniform phases each backend's expected count after n picks is its share. Exactly so for two, and for more as long as
 *   slots × backends of a whole cycle (`longestDraw`) stay small, as with percentages; beyond, off by up to 0.25 picks, however large n is.
 */
export type Picker = {
  /** The index (in the order of `weights`) of the next backend. */
  next(): number
  /**
   * The same choice under new weights: nothing is lost, no start-up bias. `weights` may differ in length and order: `from[i]` is the
   * former index of backend i, or -1 when new. Ends this picker: go on with the returned one only.
   */
  reweighted(weights: readonly number[], from: readonly number[]): Picker
}

/** `weights`: integers 0 … 1,000,000 with a positive sum. `phase`: uniform in [0, 1); the only source of chance. */
export function picker(weights: readonly number[], phase: number): Picker {
  return build(weights, new Float64Array(weights.length), { phase, random: randomFrom(phase) })
}

/** Cycles of up to this many slots × backends are drawn: three backends in percent in 0.1 ms, in per mille in 2 ms, once. */
const longestDraw = 4_096

type Chance = { readonly phase: number; readonly random: () => number }

/** The choice among three or more; indices as in the picker's `listed`. */
type Many = { next(): number; owed(): Float64Array }

/** Two backends by error diffusion: `first` gets the pick whenever its sum of weights passes a multiple of the total. */
type Pair = {
  /** Indices of backends; -1 = none, which never has weight. */
  readonly first: number
  readonly second: number
  /** Where the sum stands when `first` is owed nothing, in picks. */
  readonly centre: number
  /** The sum, in units of the total: 0 <= sum < total unless more than a pick is owed. Its fraction comes from changes of the total and waits for the next one. */
  readonly sum: number
}

// One class with one shape, and the case of two backends inside `next`: 2 ns a pick, against 9 ns from a drawn cycle and, choosing
// ahead, 70 ns among three and 170 ns among eight; bench/micro/pick.ts.
class WeightedPicker implements Picker {
  private sum: number
  private readonly step: number
  private readonly total: number
  private readonly first: number
  private readonly second: number
  private readonly many: Many | null
  private readonly weights: readonly number[]
  private readonly pair: Pair
  /** Indices of the backends with weight. */
  private readonly listed: readonly number[]
  /** What each backend without weight is still owed, in picks. */
  private readonly debts: Float64Array
  private readonly chance: Chance

  constructor(weights: readonly number[], listed: readonly number[], debts: Float64Array, pair: Pair, many: Many | null, chance: Chance) {
    this.sum = Math.floor(pair.sum)
    this.step = weights[pair.first] ?? 0
    this.total = weights.reduce((sum, weight) => sum + weight, 0)
    this.first = pair.first
    this.second = pair.second
    this.many = many
    this.weights = weights
    this.pair = pair
    this.listed = listed
    this.debts = debts
    this.chance = chance
  }

  next(): number {
    if (this.many !== null) return this.listed[this.many.next()]!
    const sum = this.sum + this.step
    if (sum >= this.total) {
      this.sum = sum - this.total
      return this.first
    }
    this.sum = sum
    return this.second
  }

  reweighted(weights: readonly number[], from: readonly number[]): Picker {
    if (weights.length === this.weights.length && weights.every((weight, i) => weight === this.weights[i] && from[i] === i)) return this
    const kept = this.many === null && this.isSettled() ? keepPair(this.pair, weights, from, this.debts) : null
    if (kept === null) return build(weights, carry(this.owed(), from), this.chance)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const exact = total === this.total ? this.exactSum() : (this.exactSum() * total) / this.total
    const pair = { ...kept, centre: this.pair.centre, sum: below(exact, total) }
    const debts = Float64Array.from(from, (index, i) => (index === -1 || i === pair.first || i === pair.second ? 0 : this.debts[index]!))
    return new WeightedPicker(weights, positive(weights), debts, pair, null, this.chance)
  }

  /** False while more than a pick is owed, which can come of changes among three or more only. */
  private isSettled(): boolean {
    return this.sum >= 0 && this.sum < this.total && this.pair.centre >= 0 && this.pair.centre <= 1
  }

  private exactSum(): number {
    return this.sum + (this.pair.sum - Math.floor(this.pair.sum))
  }

  /** Per backend: the sum of its shares minus its picks. All of them add up to 0. */
  private owed(): Float64Array {
    const owed = this.debts.slice()
    if (this.many !== null) {
      const listed = this.many.owed()
      for (const [i, index] of this.listed.entries()) owed[index] = listed[i]!
      return owed
    }
    const first = this.exactSum() / this.total - this.pair.centre
    if (this.second !== -1) owed[this.second] = -first - sumOf(this.debts)
    if (this.first !== -1) owed[this.first] = first
    return owed
  }
}

function build(weights: readonly number[], owed: Float64Array, chance: Chance): WeightedPicker {
  const listed = positive(weights)
  const debts = owed.map((picks, i) => (weights[i]! > 0 ? 0 : picks))
  if (listed.length > 2) return new WeightedPicker(weights, listed, debts, nobody, among(weights, listed, owed, chance), chance)
  const first = listed[0]!
  const second = listed[1] ?? weights.findIndex((_, i) => i !== first)
  if (second !== -1) debts[second] = 0
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const centre = centreFor(owed[first]!, sumOf(debts), chance.phase)
  const sum = (owed[first]! + centre) * total
  // Out of its range only when more than a pick is owed; then the next picks pay, unless that would pick a backend without weight.
  const pays = listed.length === 2
  if (!pays && (sum < 0 || sum >= total))
    return new WeightedPicker(weights, listed, debts, { first, second, centre: -owed[first]!, sum: 0 }, null, chance)
  return new WeightedPicker(weights, listed, debts, { first, second, centre, sum }, null, chance)
}

/**
 * `first` is owed between -centre and 1 - centre, so `second`, with what `others` are owed, between centre - 1 - others and centre - others.
 * Keeps both within 1, and the sum in its range, where that can be; it can when nobody is owed more than 1.
 */
function centreFor(owed: number, others: number, phase: number): number {
  const low = Math.max(0, others)
  const high = Math.min(1, 1 + others)
  const [lowest, highest] = [Math.max(low, -owed), Math.min(high, 1 - owed)]
  return lowest <= highest ? Math.min(Math.max(phase, lowest), highest) : Math.min(Math.max(phase, low), high)
}

const nobody: Pair = { first: -1, second: -1, centre: 0, sum: 0 }

/** The same two backends under their new indices, a new one in the place of one that left; null when two do not suffice. */
function keepPair(pair: Pair, weights: readonly number[], from: readonly number[], debts: Float64Array): Pick<Pair, 'first' | 'second'> | null {
  let first = pair.first === -1 ? -1 : from.indexOf(pair.first)
  let second = pair.second === -1 ? -1 : from.indexOf(pair.second)
  if (first === -1 && second === -1) return null
  for (const index of positive(weights)) {
    if (index === first || index === second) continue
    if (from[index] !== -1 && debts[from[index]!] !== 0) return null
    if (first === -1) first = index
    else if (second === -1) second = index
    else return null
  }
  return { first, second }
}

function among(weights: readonly number[], listed: readonly number[], owed: Float64Array, chance: Chance): Many {
  const all = listed.map((index) => weights[index]!)
  const divisor = all.reduce(greatestCommonDivisor)
  const reduced = all.map((weight) => weight / divisor)
  const slots = reduced.reduce((sum, weight) => sum + weight, 0)
  if (owed.some((picks) => picks !== 0))
    return aheadPicker(
      reduced,
      Float64Array.from(listed, (index) => owed[index]!),
      new Float64Array(listed.length),
    )
  if (slots * reduced.length <= longestDraw) return drawnOnce(reduced, chance.random)
  return aheadPicker(reduced, new Float64Array(listed.length), randomLead(reduced, slots, chance.random))
}

/** Drawn at the first pick, because most of a thousand splits that are loaded at once may see no request for long. */
function drawnOnce(weights: readonly number[], random: () => number): Many {
  let picks = new Uint32Array(0)
  let at = 0
  return {
    next: () => {
      if (at === picks.length) {
        if (at === 0) picks = drawCycle(weights, random)
        at = 0
      }
      return picks[at++]!
    },
    owed: () => {
      const owed = Float64Array.from(weights, (weight) => at * weight)
      for (const pick of picks.subarray(0, at)) owed[pick]! -= picks.length
      return owed.map((units) => units / Math.max(1, picks.length))
    },
  }
}

/**
 * As if the picks had gone on for ever and we joined after a random one: that one's backend, drawn by weight, has just had its turn and the
 * others are anywhere in theirs. Any other start favours some backend.
 */
function randomLead(weights: readonly number[], total: number, random: () => number): Float64Array {
  let rest = Math.floor(random() * total)
  const before = weights.findIndex((weight) => (rest -= weight) < 0)
  return Float64Array.from(weights, (_, i) => (i === before ? -0.5 : 0.5 - random()))
}

/** What is owed under new indices. What is owed to backends that left is set against those of the opposite sign, so that the sum stays 0 and none grows. */
function carry(owed: Float64Array, from: readonly number[]): Float64Array {
  const carried = Float64Array.from(from, (index) => (index === -1 ? 0 : owed[index]!))
  if (new Set(from).size === owed.length && !from.includes(-1)) return carried
  const excess = sumOf(carried)
  const side = sumOf(carried.filter((picks) => picks * excess > 0))
  return Math.abs(excess) < 1e-9 ? carried : carried.map((picks) => (picks * excess > 0 ? picks * (1 - excess / side) : picks))
}

function positive(weights: readonly number[]): number[] {
  return weights.flatMap((weight, i) => (weight > 0 ? [i] : []))
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0)
}

/** Rounding must not carry a sum to the total, which would be a pick too many. */
function below(sum: number, total: number): number {
  return Math.floor(sum) < total ? sum : total - 1
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/** A small generator (mulberry32): the draws of one picker, all from its phase. */
function randomFrom(phase: number): () => number {
  let state = Math.floor(phase * 2 ** 32) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
