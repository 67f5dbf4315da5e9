/**
 * One whole cycle of picks for any number of backends, drawn at random such that
 * - backend j has the slot t with probability exactly w_j/W (so no prefix is biased, whatever its length), and
 * - after n slots it has had either the floor or the ceiling of n·w_j/W, in every draw.
 *
 * How: hand every backend w_j units of each slot, W units being one pick. The k-th pick of j is then a job that owns the units
 * (k-1)W … kW of j, spread over the few slots that these fall into; any choice of one slot per job among those keeps the second rule.
 * Slots and jobs form a bipartite graph whose edges carry units, W in sum at each node. While an edge is fractional there is a
 * cycle of fractional edges: move units around it, one way or the other, until an edge is empty or full, with the odds that keep
 * every edge's expectation (dependent rounding). At the end each slot has one job. Time and memory: about slots × backends.
 */
export function drawCycle(weights: readonly number[], random: () => number): Uint32Array<ArrayBuffer> {
  const cycle = fluid(weights)
  const { slots, slotOf, jobOf, units, backendOf } = cycle
  const picks = new Uint32Array(slots)
  const depth = new Int32Array(2 * slots).fill(-1) // where a node lies on the path, -1 = not on it
  const nodes = new Int32Array(2 * slots)
  const path = new Int32Array(2 * slots) // path[i] joins nodes[i] and nodes[i + 1]

  const shift = (from: number, to: number): void => {
    let most = slots // how far the even edges of the cycle can rise, and fall
    let least = slots
    for (let i = from; i < to; i++) {
      const held = units[path[i]!]!
      const room = slots - held
      most = Math.min(most, (i - from) % 2 === 0 ? room : held)
      least = Math.min(least, (i - from) % 2 === 0 ? held : room)
    }
    const rise = random() * (most + least) < least ? most : -least
    for (let i = from; i < to; i++) {
      const edge = path[i]!
      units[edge]! += (i - from) % 2 === 0 ? rise : -rise
      if (units[edge] === slots) picks[slotOf[edge]!] = backendOf[edge]!
    }
  }

  for (let slot = 0; slot < slots; slot++) {
    let length = 0
    nodes[0] = slot
    depth[slot] = 0
    for (;;) {
      const node = nodes[length]!
      const edge = fractionalEdge(cycle, node, length === 0 ? -1 : path[length - 1]!)
      if (edge === -1) break // only at the start: elsewhere the way in is fractional, so the sum at the node needs another
      const next = node < slots ? slots + jobOf[edge]! : slotOf[edge]!
      path[length++] = edge
      const met = depth[next]!
      if (met === -1) {
        nodes[length] = next
        depth[next] = length
        continue
      }
      shift(met, length)
      for (length--; length > met; length--) depth[nodes[length]!] = -1
    }
    depth[slot] = -1
  }
  return picks
}

type Cycle = {
  readonly slots: number
  /** Per edge: its slot, its job, the job's backend, and the units it carries: 0 … slots. */
  readonly slotOf: Int32Array
  readonly jobOf: Int32Array
  readonly backendOf: Int32Array
  readonly units: Int32Array
  /** Linked lists of edges by node (slots first, then jobs), in order of time. after[0] follows a slot's list, after[1] a job's. */
  readonly first: Int32Array
  readonly after: readonly [Int32Array, Int32Array]
}

function fluid(weights: readonly number[]): Cycle {
  const slots = weights.reduce((sum, weight) => sum + weight, 0)
  const most = slots * (weights.length + 1)
  const ints = (length: number): Int32Array => new Int32Array(length)
  const cycle: Cycle = {
    slots,
    slotOf: ints(most),
    jobOf: ints(most),
    backendOf: ints(most),
    units: ints(most),
    first: ints(2 * slots).fill(-1),
    after: [ints(most).fill(-1), ints(most).fill(-1)],
  }
  const { first, after } = cycle
  let edge = 0
  const join = (slot: number, job: number, backend: number, units: number): void => {
    if (units === 0) return
    cycle.slotOf[edge] = slot
    cycle.jobOf[edge] = job
    cycle.backendOf[edge] = backend
    cycle.units[edge] = units
    after[0][edge] = first[slot]!
    first[slot] = edge
    after[1][edge] = first[slots + job]!
    first[slots + job] = edge
    edge++
  }
  // Backwards, because each edge goes to the head of its lists.
  let jobs = slots
  for (const [backend, weight] of [...weights.entries()].reverse()) {
    jobs -= weight
    for (let slot = slots - 1; slot >= 0; slot--) {
      const job = Math.floor((slot * weight) / slots)
      const spill = Math.max(0, (slot + 1) * weight - (job + 1) * slots) // units that already belong to the next job
      join(slot, jobs + job + 1, backend, spill)
      join(slot, jobs + job, backend, weight - spill)
    }
  }
  return cycle
}

/** The earliest fractional edge of a node other than `except`, or -1. Forgets the decided edges that it passes. */
function fractionalEdge({ slots, units, first, after }: Cycle, node: number, except: number): number {
  const next = node < slots ? after[0] : after[1]
  let last = -1
  for (let edge = first[node]!; edge !== -1; edge = next[edge]!) {
    const held = units[edge]!
    if (held > 0 && held < slots) {
      if (edge !== except) return edge
      last = edge
    } else if (last === -1) first[node] = next[edge]!
    else next[last] = next[edge]!
  }
  return -1
}
