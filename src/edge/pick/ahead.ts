/** Three or more backends, one pick at a time: for cycles too long to draw, and for histories that owe something. */
export type AheadPicker = {
  /** An index into `weights`. */
  next(): number
  /** Per backend: its fractional share so far minus its picks, in picks. */
  owed(): Float64Array
}

/**
 * `weights`: positive integers. `owed`: as that of the type, at the start. `lead`: how far each backend's preferred time is
 * brought forward, in picks, -0.5 … 0.5.
 *
 * The k-th pick of j may happen once its share has passed k-1 and must happen by the time its share reaches k. Within these limits
 * the backend goes first whose k-th pick has the earliest preferred time: that at which its share plus its lead is k - 0.5.
 *
 * Why the limits hold for every prefix when nothing is owed at the start: a schedule that keeps all of them exists (the fluid one is a
 * fractional perfect matching of slots and picks), and exists still after a pick if for each time m the picks due by m fit into the
 * slots up to m (Hall's condition; later intervals fit by their share alone). Picks due by m belong to the group J of backends whose
 * next one is due by m, so with W·owed_J = E they fit if floor((E + m·w_J)/W) <= m; beyond the first such m the left side never
 * grows faster than the right. A choice that fails this is passed over; if all do, the earliest due is taken, which is feasible whenever anything is.
 */
export function aheadPicker(weights: readonly number[], owed: Float64Array, lead: Float64Array): AheadPicker {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // Doubles hold every value exactly: integers up to 2^53, or fractions after a change of weights whose steps are integers.
  const weight = Float64Array.from(weights)
  const lag = Float64Array.from(owed, (picks) => picks * total)
  const early = Float64Array.from(lead, (picks) => picks * total)
  const count = weights.length
  const due = new Float64Array(count) // slots from now, the present one being 0, at whose end the next pick is overdue
  const passed = new Uint8Array(count)

  const dueOf = (backend: number): number => Math.ceil((total - lag[backend]!) / weight[backend]!)

  const fitsAfter = (backend: number): boolean => {
    const before = due[backend]!
    lag[backend]! -= total
    due[backend] = dueOf(backend)
    let fits = true
    for (let i = 0; i < count && fits; i++) {
      const time = due[i]!
      let groupLag = 0
      let groupWeight = 0
      for (let k = 0; k < count; k++) {
        if (due[k]! <= time) {
          groupLag += lag[k]!
          groupWeight += weight[k]!
        }
      }
      fits = groupLag + time * groupWeight < (time + 1) * total
    }
    lag[backend]! += total
    due[backend] = before
    return fits
  }

  const preferred = (): number => {
    let best = -1
    let bestTime = Infinity
    for (let i = 0; i < count; i++) {
      if (passed[i] !== 0 || lag[i]! <= 0) continue
      const time = (total / 2 - lag[i]! - early[i]!) / weight[i]!
      if (time < bestTime) {
        bestTime = time
        best = i
      }
    }
    return best
  }

  const earliestDue = (): number => {
    let best = -1
    for (let i = 0; i < count; i++) if (lag[i]! > 0 && (best === -1 || due[i]! < due[best]!)) best = i
    if (best !== -1) return best
    // Only when a backend without weight is owed: all others have had more than their share.
    best = 0
    for (let i = 1; i < count; i++) if (lag[i]! > lag[best]!) best = i
    return best
  }

  const next = (): number => {
    for (let i = 0; i < count; i++) {
      lag[i]! += weight[i]!
      due[i] = dueOf(i)
    }
    const urgent = earliestDue()
    let pick = preferred()
    if (pick !== urgent) {
      passed.fill(0)
      while (pick !== -1 && pick !== urgent && !fitsAfter(pick)) {
        passed[pick] = 1
        pick = preferred()
      }
      passed.fill(0)
      if (pick === -1) pick = urgent
    }
    lag[pick]! -= total
    return pick
  }
  return { next, owed: () => lag.map((units) => units / total) }
}
