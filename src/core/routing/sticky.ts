/**
 * Where clients belong, for splits that keep them together. A client has a bucket for good, a point on a circle of 2^32; each backend but
 * the first has an arc of the circle, as long as its share, that begins where its name says. The first backend has the rest.
 *
 * - Two backends: a client is on the second one when frac(bucket + hash(its name)) < its share. So its clients stay while its weight grows,
 *   all of them leave when it becomes 0, a release by another name meets other clients first as a rule, and the first one's name plays no part.
 * - More: the arcs are laid in order, and one that meets another goes on behind it. So the clients of a backend depend on the names and
 *   weights of the second to itself, and growth of its own weight only adds to them; growth of one before it may take some, which are made
 *   up for from the first.
 */

/** Buckets are integers from 0 to this, exclusive. */
export const bucketCount = 2 ** 32

/** The index of the backend that a bucket belongs to. */
export type Placement = (bucket: number) => number

/** `backends` in their order, at least one; their weights add up to `totalWeight`. Shares are exact to 2^-32. */
export function placement(backends: readonly { readonly name: string; readonly weight: number }[], totalWeight: number): Placement {
  let arcs: readonly Arc[] = [{ start: 0, end: bucketCount, owner: 0 }]
  let sum = 0
  for (const [index, { name, weight }] of backends.entries()) {
    if (index === 0) continue
    // Rounded sums, not rounded shares: where the first backend has no weight the others cover the circle without a gap.
    const before = Math.round((sum / totalWeight) * bucketCount)
    sum += weight
    const length = Math.round((sum / totalWeight) * bucketCount) - before
    if (length > 0) arcs = occupied(arcs, { anchor: -hashText(name, 0) >>> 0, length, owner: index })
  }
  const merged = arcs.filter((arc, i) => arc.owner !== arcs[i - 1]?.owner)
  const starts = merged.map((arc) => arc.start)
  const owners = merged.map((arc) => arc.owner)
  return (bucket) => owners[arcOf(starts, bucket)]!
}

type Arc = { readonly start: number; readonly end: number; readonly owner: number }
type Claim = { readonly anchor: number; readonly length: number; readonly owner: number }

/** The circle with the first `length` of what is free from `anchor` on given to `owner`; `arcs` covers the circle in order. */
function occupied(arcs: readonly Arc[], { anchor, length, owner }: Claim): readonly Arc[] {
  const cut = arcs.flatMap((arc) =>
    arc.start < anchor && anchor < arc.end
      ? [
          { ...arc, end: anchor },
          { ...arc, start: anchor },
        ]
      : [arc],
  )
  const first = cut.findIndex((arc) => arc.start >= anchor)
  const from = first < 0 ? 0 : first
  let wanted = length
  const taken = [...cut.slice(from), ...cut.slice(0, from)].flatMap((arc) => {
    if (arc.owner !== 0 || wanted === 0) return [arc]
    const end = Math.min(arc.end, arc.start + wanted)
    wanted -= end - arc.start
    return end < arc.end
      ? [
          { ...arc, end, owner },
          { ...arc, start: end },
        ]
      : [{ ...arc, owner }]
  })
  return taken.toSorted((a, b) => a.start - b.start)
}

/** The last arc that starts at or before the bucket. Two backends have at most three. */
function arcOf(starts: readonly number[], bucket: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (starts[middle]! <= bucket) low = middle
    else high = middle
  }
  return low
}

/** Evenly spread over 0 … 2^32 - 1, and the same everywhere and always; no defence against somebody who chooses the text. */
export function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // FNV-1a alone leaves names that differ at their end near each other: the finish of MurmurHash3.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** 2^32 divided by the golden ratio: steps of it fall into the largest gaps that earlier ones left. */
const goldenStep = 0x9e3779b9

/**
 * The bucket to issue after this one. Of any n issued in a row the share of each arc is exact to within a few clients, from the
 * first on, where buckets drawn at random would stray by the root of n.
 */
export function bucketAfter(bucket: number): number {
  return (bucket + goldenStep) >>> 0
}
