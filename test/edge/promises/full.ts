/** Whether to run the whole of each promised figure (PROMISE_FULL=1): minutes, instead of the seconds that every change can afford. */
export const isFull = process.env['PROMISE_FULL'] === '1'

/** A figure as it is promised, or the share of it that each run of the tests proves. */
export function figure(full: number, share: number): number {
  return isFull ? full : share
}
