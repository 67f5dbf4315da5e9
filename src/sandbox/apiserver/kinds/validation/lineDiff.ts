const contextLines = 3

/** What differs between two values, as one hunk of a unified diff of their JSON. */
export function lineDiff(before: unknown, after: unknown): string {
  const [a, b] = [lines(before), lines(after)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const from = Math.max(0, start - contextLines)
  const tail = Math.max(0, end - contextLines)
  const [lastA, lastB] = [a.length - tail, b.length - tail]
  const hunk = [
    ...a.slice(from, start).map((line) => ` ${line}`),
    ...a.slice(start, a.length - end).map((line) => `-${line}`),
    ...b.slice(start, b.length - end).map((line) => `+${line}`),
    ...a.slice(a.length - end, lastA).map((line) => ` ${line}`),
  ]
  return [`@@ -${from + 1},${lastA - from} +${from + 1},${lastB - from} @@`, ...hunk, ''].join('\n')
}

function lines(value: unknown): readonly string[] {
  return JSON.stringify(value, undefined, 1).split('\n')
}
