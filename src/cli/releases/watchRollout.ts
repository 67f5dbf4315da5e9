import { openEnding } from '../cluster/ending.ts'
import { followFamily } from '../cluster/followFamily.ts'
import { openRedrawing } from '../cluster/redraw.ts'
import { openScreen } from '../output/screen.ts'
import type { Opened } from '../session.ts'
import { rolloutLines } from '../views/rolloutView.ts'

/** Shows a rollout until it is told to end, or the rollout is gone. */
export async function watchRollout(session: Opened, name: string, timeoutMs: number): Promise<number> {
  const { client, namespace, surroundings, program, look, note } = session
  const ending = openEnding(timeoutMs)
  const redrawing = openRedrawing()
  const screen = openScreen(surroundings.stdout, look)
  let isGone = false
  try {
    const following = await followFamily(client, { namespace, name, signal: ending.signal, onChange: redrawing.wake })
    await redrawing.run((isDue) => {
      const family = following.family()
      isGone = family === undefined
      if (family === undefined) return true
      const trouble = following.trouble()
      // Where nothing can be read, what is missing beside it is no news.
      const known = trouble === undefined ? family : { ...family, missing: [] }
      const lines = rolloutLines(known, { now: surroundings.now(), program, isWide: true, columns: look().columns })
      screen.draw(trouble === undefined ? lines : [[{ text: `As last known: ${trouble}`, color: 'red' }], ...lines], isDue)
      return false
    }, ending.signal)
  } catch (error) {
    if (!ending.signal.aborted) throw error
  } finally {
    ending.release()
    screen.close()
  }
  if (isGone) note(`rollout ${JSON.stringify(name)} was deleted`)
  return ending.exitCode(isGone ? 1 : 0)
}
