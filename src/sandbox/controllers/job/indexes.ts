/** Sorted completion indexes, as a Job's status writes them: `0,3-5`. Two in a row stand alone. */
export function formatIndexes(indexes: readonly number[]): string {
  const texts: string[] = []
  for (let i = 0; i < indexes.length; ) {
    let end = i
    while (indexes[end + 1] === indexes[end]! + 1) end++
    texts.push(end > i ? `${indexes[i]}${end === i + 1 ? ',' : '-'}${indexes[end]}` : `${indexes[i]}`)
    i = end + 1
  }
  return texts.join(',')
}

/** Those below `completions`; what is no index is passed over. */
export function parseIndexes(text: string, completions: number): readonly number[] {
  const indexes = new Set<number>()
  for (const part of text.split(',')) {
    const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(part)
    if (match === null) continue
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1)
    for (let index = Number(match[1]); index <= last; index++) indexes.add(index)
  }
  return [...indexes].sort((a, b) => a - b)
}

/** The first `count` below `completions` that are not taken. */
export function freeIndexes(taken: ReadonlySet<number>, count: number, completions: number): readonly number[] {
  const free: number[] = []
  for (let index = 0; index < completions && free.length < count; index++) if (!taken.has(index)) free.push(index)
  return free
}
