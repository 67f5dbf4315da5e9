export type Lane = <T>(task: () => Promise<T>) => Promise<T>

/** Runs tasks one after the other, in the order they were given; a task that throws fails its own caller only. */
export function openLane(): Lane {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }
}
